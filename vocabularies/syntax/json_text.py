"""JSON as events, by a lexer of our own that knows lines: RFC 8259, nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from enum import Enum

from vocabularies.problems import Problem
from vocabularies.syntax.events import CONTROL, Event, EventKind, Scalar, ScalarType, Stop, position

_TOKEN = re.compile(
    r"(?P<blanks>[ \t\r\n]*)(?:"
    r"(?P<mark>[{}\[\],:])"
    r'|"(?P<string>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
    r"|(?P<number>-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][-+]?\d{1,4})?)(?![\w.])"
    r"|(?P<word>true|false|null)(?!\w)"
    r")"
)
_ESCAPE = re.compile(
    r'\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["\\/bfnrt]))'
)
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BLANKS = " \t\r\n"


class _Expected(Enum):
    """What may come next."""

    VALUE = "value"
    VALUE_OR_END = "first value of a list, or its end"
    KEY = "key"
    KEY_OR_END = "first key of an object, or its end"
    COLON = "colon"
    COMMA_OR_END = "comma, or the end of the container"
    NOTHING = "end of the document"


_ANY_VALUE = (_Expected.VALUE, _Expected.VALUE_OR_END)  # tuples: an Enum is slow to hash
_ANY_KEY = (_Expected.KEY, _Expected.KEY_OR_END)
_OPENED = {
    "{": (EventKind.MAPPING, _Expected.KEY_OR_END),
    "[": (EventKind.LIST, _Expected.VALUE_OR_END),
}
_CLOSED = {
    "}": ("{", (_Expected.KEY_OR_END, _Expected.COMMA_OR_END)),
    "]": ("[", (_Expected.VALUE_OR_END, _Expected.COMMA_OR_END)),
}
_AFTER_COMMA = {"{": _Expected.KEY, "[": _Expected.VALUE}


def _unescape(match: re.Match[str]) -> str:
    high, low, code, short = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if short:
        return _SHORT[short]
    character = chr(int(code, 16))
    return "\ufffd" if CONTROL.match(character) else character


def events(text: str) -> Iterator[Event]:
    """The events of a JSON text. Raises Stop at the first error, after the events before it."""
    offset, line, line_start, expected = 0, 1, 0, _Expected.VALUE
    containers: list[str] = []  # the opening brackets of those that are not closed yet
    end = len(text.rstrip(_BLANKS))
    while offset < end:
        match = _TOKEN.match(text, offset)
        start = match.end("blanks") if match else end - len(text[offset:end].lstrip(_BLANKS))
        newlines = text.count("\n", offset, start)
        if newlines:
            line, line_start = line + newlines, text.rfind("\n", offset, start) + 1
        place = (line, start - line_start + 1)
        if not match:
            raise Stop(_bad_token(place))
        expected = yield from _token(match, place, expected=expected, containers=containers)
        offset = match.end()
    if expected is not _Expected.NOTHING:
        raise Stop(_syntax_problem(position(text, end), reason="the file ends too early"))


def _bad_token(place: tuple[int, int]) -> Problem:
    return _syntax_problem(place, reason="a comma, a quotation mark or a bracket is wrong or missing")


def _syntax_problem(place: tuple[int, int], *, reason: str) -> Problem:
    line, column = place
    return Problem(code="syntax", line=line, column=column, values={"format": "JSON", "reason": reason})


def _token(
    match: re.Match[str], place: tuple[int, int], *, expected: _Expected, containers: list[str]
) -> Generator[Event, None, _Expected]:
    """Yields the event of a token, if it is one, and returns what may come next. Raises Stop."""
    mark = match["mark"]
    if not mark and expected in _ANY_VALUE:
        yield Event(EventKind.SCALAR, _scalar(match), *place)
    elif match.lastgroup == "string" and expected in _ANY_KEY:
        yield Event(EventKind.SCALAR, _string(match), *place)
        return _Expected.COLON
    elif mark in _OPENED and expected in _ANY_VALUE:
        containers.append(mark)
        kind, following = _OPENED[mark]
        yield Event(kind, None, *place)
        return following
    elif _closes(mark, expected, containers):
        containers.pop()
        yield Event(EventKind.END, None, *place)
    elif mark == ":" and expected is _Expected.COLON:
        return _Expected.VALUE
    elif mark == "," and expected is _Expected.COMMA_OR_END:
        return _AFTER_COMMA[containers[-1]]
    else:
        raise Stop(_bad_token(place))
    return _Expected.COMMA_OR_END if containers else _Expected.NOTHING


def _closes(mark: str, expected: _Expected, containers: list[str]) -> bool:
    if mark not in _CLOSED:
        return False
    opening, allowed = _CLOSED[mark]
    return expected in allowed and containers[-1:] == [opening]


def _string(match: re.Match[str]) -> Scalar:
    return Scalar(_ESCAPE.sub(_unescape, match["string"]))


def _scalar(match: re.Match[str]) -> Scalar | None:
    if match.lastgroup == "string":
        return _string(match)
    if match.lastgroup == "number":
        return Scalar(match["number"], ScalarType.NUMBER)
    return None if match["word"] == "null" else Scalar(match["word"], ScalarType.BOOLEAN)
