"""JSON as events, by a lexer of our own that knows lines: RFC 8259, nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from vocabularies.problems import Problem
from vocabularies.syntax.events import CONTROL, Event, Scalar, Stop, place, problem_at

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<mark>[{}\[\],:])|"(?P<string>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
    r"|(?P<number>-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][-+]?\d{1,4})?)(?![\w.])|(?P<word>true|false|null)(?!\w))"
)
_ESCAPE = re.compile(
    r'\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["\\/bfnrt]))'
)
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescape(match: re.Match[str]) -> str:
    high, low, code, short = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if short:
        return _SHORT[short]
    character = chr(int(code, 16))
    return "\ufffd" if CONTROL.match(character) else character


def events(text: str) -> Iterator[Event]:
    """A lexer and a state machine: `expect` is what may come next, `open_` the containers that are open."""
    position, line, line_start, expect = 0, 1, 0, "value"
    open_: list[str] = []
    end = len(text.rstrip(" \t\r\n"))
    while position < end:
        match = _TOKEN.match(text, position)
        start = (
            match.start(match.lastgroup or 0)
            if match
            else position + len(text[position:]) - len(text[position:].lstrip(" \t\r\n"))
        )
        start -= bool(match and match.lastgroup == "string")
        newlines = text.count("\n", position, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", position, start) + 1
        here = Event("scalar", None, line, start - line_start + 1)
        if not match:
            raise Stop(
                problem_at(
                    "syntax",
                    here,
                    format="JSON",
                    reason="a comma, a quotation mark or a bracket is wrong or missing",
                )
            )
        expect = yield from _json_step(match, here, expect, open_)
        position = match.end()
    if expect != "end":
        line, column = place(text, end)
        raise Stop(
            Problem(
                code="syntax",
                line=line,
                column=column,
                values={"format": "JSON", "reason": "the file ends too early"},
            )
        )


def _json_step(
    match: re.Match[str], here: Event, expect: str, open_: list[str]
) -> Generator[Event, None, str]:
    group = match.lastgroup
    mark = match["mark"] if group == "mark" else ""
    wants_value = expect in ("value", "first-value")
    if group == "string" and expect in ("first-key", "key"):
        yield here._replace(value=Scalar(_ESCAPE.sub(_unescape, match["string"])))
        return "colon"
    if not mark and wants_value:
        yield here._replace(value=_json_scalar(match))
    elif mark and mark in "{[" and wants_value:
        open_.append(mark)
        yield here._replace(kind=mark)
        return "first-key" if mark == "{" else "first-value"
    elif (mark == "}" and expect in ("first-key", "comma") and open_[-1:] == ["{"]) or (
        mark == "]" and expect in ("first-value", "comma") and open_[-1:] == ["["]
    ):
        open_.pop()
        yield here._replace(kind="end")
    elif mark == ":" and expect == "colon":
        return "value"
    elif mark == "," and expect == "comma":
        return "key" if open_[-1] == "{" else "value"
    else:
        raise Stop(
            problem_at(
                "syntax",
                here,
                format="JSON",
                reason="a comma, a quotation mark or a bracket is wrong or missing",
            )
        )
    return "comma" if open_ else "end"


def _json_scalar(match: re.Match[str]) -> Scalar | None:
    if match.lastgroup == "string":
        return Scalar(_ESCAPE.sub(_unescape, match["string"]))
    if match.lastgroup == "number":
        return Scalar(match["number"], "number")
    return None if match["word"] == "null" else Scalar(match["word"], "boolean")
