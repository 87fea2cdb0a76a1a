"""JSON as events, by a lexer of our own that knows lines: RFC 8259, nothing beyond it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from enum import Enum

from vocabularies.syntax.events import Event, EventKind, Scalar, ScalarType, Stop, problem_at, unescaped
from vocabularies.syntax.places import Lines

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
    return chr(int(code, 16))


def events(lines: Lines) -> Iterator[Event]:
    """The events of a JSON text. Raises Stop at the first error, after the events before it."""
    text = lines.text
    offset = 0
    expected = _Expected.VALUE
    containers: list[str] = []  # the opening brackets of those that are not closed yet
    end = len(text.rstrip(_BLANKS))
    while offset < end:
        match = _TOKEN.match(text, offset)
        following = None
        if match:
            following = yield from _token(match, expected=expected, containers=containers)
        if match is None or following is None:
            start = end - len(text[offset:end].lstrip(_BLANKS))
            raise _broken(lines, start, reason="a comma, a quotation mark or a bracket is wrong or missing")
        expected = following
        offset = match.end()
    if expected is not _Expected.NOTHING:
        raise _broken(lines, end, reason="the file ends too early")


def _broken(lines: Lines, offset: int, *, reason: str) -> Stop:
    return Stop(problem_at("syntax", lines, (offset, offset), format="JSON", reason=reason))


def _token(
    match: re.Match[str], *, expected: _Expected, containers: list[str]
) -> Generator[Event, None, _Expected | None]:
    """Yields the event of a token, if it is one. Returns what may come next, None if it is out of place."""
    mark = match["mark"]
    extent = (match.end("blanks"), match.end())
    if not mark and expected in _ANY_VALUE:
        yield Event(EventKind.SCALAR, _scalar(match), extent)
    elif match.lastgroup == "string" and expected in _ANY_KEY:
        yield Event(EventKind.SCALAR, _string(match), extent)
        return _Expected.COLON
    elif mark in _OPENED and expected in _ANY_VALUE:
        containers.append(mark)
        kind, following = _OPENED[mark]
        yield Event(kind, None, extent)
        return following
    elif _closes(mark, expected, containers):
        containers.pop()
        yield Event(EventKind.END, None, extent)
    elif mark == ":" and expected is _Expected.COLON:
        return _Expected.VALUE
    elif mark == "," and expected is _Expected.COMMA_OR_END:
        return _AFTER_COMMA[containers[-1]]
    else:
        return None
    return _Expected.COMMA_OR_END if containers else _Expected.NOTHING


def _closes(mark: str, expected: _Expected, containers: list[str]) -> bool:
    if mark not in _CLOSED:
        return False
    opening, allowed = _CLOSED[mark]
    return expected in allowed and containers[-1:] == [opening]


def _string(match: re.Match[str]) -> Scalar:
    return unescaped(_ESCAPE.sub(_unescape, match["string"]))


def _scalar(match: re.Match[str]) -> Scalar | None:
    if match.lastgroup == "string":
        return _string(match)
    if match.lastgroup == "number":
        return Scalar(match["number"], ScalarType.NUMBER)
    return None if match["word"] == "null" else Scalar(match["word"], ScalarType.BOOLEAN)
