"""Foreign YAML and JSON as plain data with a place for every value. Runs in the sandbox; never raises on bad text.

One pass over parser events with a stack of our own: no recursion, no aliases, no tags, no type guessing. A scalar stays the text
the author wrote (`1.10` is no float, `2025-16-09` no date) and knows what it looks like. After a syntax error what came before is kept.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import yaml

from vocabularies.problems import Problem

MAX_BYTES = 262_144
MAX_DEPTH = 50
MAX_VALUES = 5_000  # keys and values; the longest of a hundred real files has 540
_RAW_DEPTH = 1_000  # brackets in running text; far below what crashes the C parser (threats.md, finding 1)
_RUN_OF_DASHES = re.compile(rf"(?:[-?:][ \t]+){{{MAX_DEPTH},}}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_BOOLEAN = frozenset(["true", "false", "yes", "no", "on", "off"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))


class Scalar(str):
    """A value as its author wrote it. `type` is string, number or boolean: what it would be to a YAML or JSON reader."""

    __slots__ = ("type",)
    type: str

    def __new__(cls, text: str, type: str = "string") -> Scalar:
        scalar = super().__new__(cls, text)
        scalar.type = type
        return scalar


class Document(NamedTuple):
    """`data` is None, Scalar, list or dict of these; `marks` maps a path such as `a.b[0]` to its (line, column) from 1."""

    data: Any
    marks: dict[str, tuple[int, int]]
    problems: list[Problem]


class _Event(NamedTuple):
    kind: str  # "{", "[", "end", "scalar", "drop"
    value: Any
    line: int
    column: int


class _Stop(Exception):
    """Ends the reading with this problem; what was read before stays."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def key_path(parent: str, key: str) -> str:
    """A long key is cut, since paths are kept for every value; one with a dot or bracket is quoted.

    >>> key_path("maintenance.contacts[0]", "name"), key_path("", "http://schema.org/name")
    ('maintenance.contacts[0].name', '["http://schema.org/name"]')
    """
    if len(key) > 100:
        key = key[:99] + "…"
    if not key or "." in key or "[" in key or "]" in key:
        return f'{parent}["{key}"]'
    return f"{parent}.{key}" if parent else key


def parse(content: bytes, syntax: str, *, limit: int = MAX_BYTES) -> Document:
    """Read `content` as `syntax` ("YAML" or "JSON")."""
    problems: list[Problem] = []
    if len(content) > limit:
        return Document(None, {}, [Problem(code="too-large", values={"size": str(len(content)), "limit": str(limit)})])
    text = _decode(content, problems)
    events = _yaml_events(text, problems) if syntax == "YAML" else _json_events(text)
    builder = _Builder(problems)
    try:
        _check_depth(text)
        for event in events:
            builder.take(event)
    except _Stop as stop:
        problems.append(stop.problem)
    if builder.root is None and not any(problem.severity == "error" for problem in problems):
        problems.append(Problem(code="empty-file", line=1, column=1))
    return Document(builder.root, builder.marks, problems)


def _decode(content: bytes, problems: list[Problem]) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        place = _place(before, len(before))
        problems.append(
            Problem(code="not-utf8", line=place[0], column=place[1], values={"byte": f"0x{content[error.start]:02x}"})
        )
        wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        text = content.decode("utf-16" if wide else "cp1252", "replace")
    found = _CONTROL.search(text)
    if found:
        line, column = _place(text, found.start())
        problems.append(
            Problem(code="control-character", line=line, column=column, values={"character": f"U+{ord(found[0]):04X}"})
        )
        text = _CONTROL.sub(" ", text)
    return unicodedata.normalize("NFC", text)


def decoded(content: bytes) -> str:
    """Any text, whatever its encoding: for readers that report no problems."""
    return _decode(content, [])


def _place(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, start) + 1, offset - start + 1


def _check_depth(text: str) -> None:
    """Linear, before any parser sees the text: deep nesting crashes the C parser and blocks the pure one for minutes."""
    depth = 0
    for match in re.finditer(r"[\[{\]}]", text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > _RAW_DEPTH:
            line, column = _place(text, match.start())
            raise _Stop(Problem(code="too-deep", line=line, column=column, values={"limit": str(MAX_DEPTH)}))
    found = _RUN_OF_DASHES.search(text)
    if found:
        line, column = _place(text, found.start())
        raise _Stop(Problem(code="too-deep", line=line, column=column, values={"limit": str(MAX_DEPTH)}))


class _Builder:
    """Events to data and marks. The stack holds (container, its path, the pending key)."""

    def __init__(self, problems: list[Problem]) -> None:
        self.root: Any = None
        self.marks: dict[str, tuple[int, int]] = {}
        self._problems = problems
        self._stack: list[tuple[Any, str]] = []
        self._key: list[str | None] = []
        self._left = 2 * MAX_VALUES  # events: a value and its key, or the end of its container
        self._skip = 0  # depth inside a container that is dropped: a complex key, the second of two equal keys

    def take(self, event: _Event) -> None:
        self._left -= 1
        if self._left < 0:
            raise _Stop(_problem("too-many", event, limit=str(MAX_VALUES)))
        if self._skip:
            self._skip += {"{": 1, "[": 1, "end": -1}.get(event.kind, 0)
        elif event.kind == "end":
            self._stack.pop()
            self._key.pop()
        elif self._stack and isinstance(self._stack[-1][0], dict) and self._key[-1] is None:
            self._take_key(event)
        else:
            self._take_value(event)

    def _take_key(self, event: _Event) -> None:
        container, path = self._stack[-1]
        if event.kind != "scalar" or event.value is None:
            raise _Stop(_problem("syntax", event, path, format="YAML", reason="a key must be a plain word"))
        key = str(event.value)
        if key in container:
            self._problems.append(_problem("duplicate-key", event, key_path(path, key), key=key))
            self._key[-1] = "\0duplicate"
        elif key == "<<":
            self._problems.append(_problem("merge-key", event, key_path(path, key)))
            self._key[-1] = "\0merge"
        else:
            self._key[-1] = key
            self.marks[key_path(path, key)] = (event.line, event.column)

    def _take_value(self, event: _Event) -> None:
        value: Any = {} if event.kind == "{" else [] if event.kind == "[" else event.value
        path = self._place_value(value, event)
        if event.kind in "{[":
            if path is None:
                self._skip = 1
            elif len(self._stack) >= MAX_DEPTH:
                raise _Stop(_problem("too-deep", event, limit=str(MAX_DEPTH)))
            else:
                self._stack.append((value, path))
                self._key.append(None)

    def _place_value(self, value: Any, event: _Event) -> str | None:
        if not self._stack:
            self.root = value
            return ""
        container, path = self._stack[-1]
        if isinstance(container, list):
            path = f"{path}[{len(container)}]"
            container.append(value)
            self.marks[path] = (event.line, event.column)
            return path
        key, self._key[-1] = self._key[-1], None
        if key is None or key.startswith("\0"):
            return None
        container[key] = value
        return key_path(path, key)


def _problem(code: str, event: _Event, path: str = "", **values: str) -> Problem:
    return Problem(code=code, path=path, line=event.line, column=event.column, values=values)


# What the parser says, in words for those who do not know it.
SENTENCES = {
    "did not find expected key": "the indentation or the quotation marks of the lines above are wrong",
    "could not find expected ':'": "there is no colon after the key, or the text of several lines is not indented",
    "mapping values are not allowed in this context": "a text with a colon must stand in quotation marks",
    "did not find expected '-' indicator": "the items of this list are not indented alike",
    "found character that cannot start any token": "a text that begins with this character must stand in quotation marks",
    "found a tab character that violates indentation": "a tab stands where blanks are needed",
    "found a tab character where an indentation space is expected": "a tab stands where blanks are needed",
    "found unexpected end of stream": "a quotation mark is not closed",
    "block sequence entries are not allowed in this context": "a list must begin on a line of its own",
    "found unknown escape character": "a backslash stands in double quotation marks; use single ones",
    "did not find expected ',' or ']'": "a square bracket is not closed",
    "did not find expected ',' or '}'": "a curly bracket is not closed",
    "did not find expected node content": "a value is missing",
    "did not find expected <document start>": "what stands here does not belong to the value above",
}


# --- YAML ---------------------------------------------------------------------------------------------------------------------------


def _yaml_events(text: str, problems: list[Problem]) -> Iterator[_Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    documents = 0
    try:
        event: Any
        for event in yaml.parse(text, Loader=loader):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    problems.append(Problem(code="several-documents", line=line, column=column))
                    return
            elif isinstance(event, yaml.AliasEvent):
                problems.append(Problem(code="alias", line=line, column=column))
                yield _Event("scalar", None, line, column)
            elif isinstance(event, yaml.ScalarEvent):
                yield _Event("scalar", _yaml_scalar(event, problems), line, column)
            elif isinstance(event, yaml.CollectionStartEvent):
                yield _Event("{" if isinstance(event, yaml.MappingStartEvent) else "[", None, line, column)
            elif isinstance(event, yaml.CollectionEndEvent):
                yield _Event("end", None, line, column)
    except yaml.YAMLError as error:
        raise _Stop(_yaml_problem(error, text)) from None


def _yaml_scalar(event: Any, problems: list[Problem]) -> Scalar | None:
    if event.tag and event.tag != "!":
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        problems.append(Problem(code="tag", line=line, column=column, values={"tag": str(event.tag)}))
    if not event.implicit[0]:
        return Scalar(event.value)
    if event.value in _NULL:
        return None
    return Scalar(event.value, _looks_like(event.value))


def _looks_like(value: str) -> str:
    if value.lower() in _BOOLEAN:
        return "boolean"
    return "number" if _NUMBER.fullmatch(value) else "string"


def _yaml_problem(error: yaml.YAMLError, text: str) -> Problem:
    reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if reason == "found unexpected end of stream":
        mark = getattr(error, "context_mark", None) or mark  # where the quotation mark was opened
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    rows = text.split("\n", line)
    if 0 < line <= len(rows) and rows[line - 1][column - 1 : column] == "\t":
        reason = "found a tab character that violates indentation"
    return Problem(code="syntax", line=line, column=column, values={"format": "YAML", "reason": SENTENCES.get(reason, reason)})


# --- JSON ---------------------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r'[ \t\r\n]*(?:(?P<mark>[{}\[\],:])|"(?P<string>(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"'
    r"|(?P<number>-?(?:0|[1-9]\d{0,400})(?:\.\d{1,400})?(?:[eE][-+]?\d{1,4})?)(?![\w.])|(?P<word>true|false|null)(?!\w))"
)
_ESCAPE = re.compile(r'\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescape(match: re.Match[str]) -> str:
    high, low, code, short = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    if short:
        return _SHORT[short]
    character = chr(int(code, 16))
    return "\ufffd" if _CONTROL.match(character) else character


def _json_events(text: str) -> Iterator[_Event]:
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
        here = _Event("scalar", None, line, start - line_start + 1)
        if not match:
            raise _Stop(
                _problem("syntax", here, format="JSON", reason="a comma, a quotation mark or a bracket is wrong or missing")
            )
        expect = yield from _json_step(match, here, expect, open_)
        position = match.end()
    if expect != "end":
        line, column = _place(text, end)
        raise _Stop(
            Problem(code="syntax", line=line, column=column, values={"format": "JSON", "reason": "the file ends too early"})
        )


def _json_step(match: re.Match[str], here: _Event, expect: str, open_: list[str]) -> Generator[_Event, None, str]:
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
        raise _Stop(_problem("syntax", here, format="JSON", reason="a comma, a quotation mark or a bracket is wrong or missing"))
    return "comma" if open_ else "end"


def _json_scalar(match: re.Match[str]) -> Scalar | None:
    if match.lastgroup == "string":
        return Scalar(_ESCAPE.sub(_unescape, match["string"]))
    if match.lastgroup == "number":
        return Scalar(match["number"], "number")
    return None if match["word"] == "null" else Scalar(match["word"], "boolean")
