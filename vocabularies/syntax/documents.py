"""Foreign YAML and JSON as plain data with the span of every key and value.

Runs in the sandbox; never raises on bad text. One loop over parser events with a stack of its own: no
recursion, no aliases, no tags, no guessing of types. A scalar stays the text its author wrote (`1.10` is no
float, `2025-16-09` no date) and carries the type it looks like. After a syntax error everything before it is
kept.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from vocabularies.problems import Problem, Severity
from vocabularies.syntax import json_text, yaml_text
from vocabularies.syntax.events import (
    CONTROL,
    MAX_DEPTH,
    Event,
    EventKind,
    Scalar,
    ScalarType,
    Stop,
    problem_at,
)
from vocabularies.syntax.places import Extent, Lines
from vocabularies.syntax.yaml_text import SENTENCES

__all__ = [
    "MAX_BYTES",
    "SENTENCES",
    "SYNTAXES",
    "Document",
    "Mark",
    "Scalar",
    "ScalarType",
    "decoded",
    "key_path",
    "parse",
]

MAX_BYTES = 262_144
MAX_VALUES = 5_000  # keys and values; the longest of a hundred real files has 540
_RAW_DEPTH = 1_000  # brackets in running text; far fewer than crash the C parser of YAML
_RUN_OF_DASHES = re.compile(rf"(?:[-?:][ \t]+){{{MAX_DEPTH},}}")
_LONGEST_KEY = 100  # characters that stand in a path
_BYTE_ORDER_MARK = "\ufeff"  # of the byte order


class Mark(NamedTuple):
    """Where a value stands, and the key before it, None for the item of a list and for the root.

    What begins or ends a value belongs to it: quotation marks, brackets, `|`, `&anchor`. A block of YAML ends
    with its last value; a value that is missing is an empty span behind its key.
    """

    value: Extent
    key: Extent | None = None


class Document(NamedTuple):
    """`data` is None, Scalar, list or dict of these.

    `marks` maps a path such as `a.b[0]` to its place in the text of `lines`; that of the root is "".
    """

    data: Any
    marks: dict[str, Mark]
    problems: list[Problem]
    lines: Lines


def key_path(parent: str, key: str) -> str:
    """A long key is cut, since paths are kept for every value; one with a dot or bracket is quoted.

    >>> key_path("maintenance.contacts[0]", "name"), key_path("", "http://schema.org/name")
    ('maintenance.contacts[0].name', '["http://schema.org/name"]')
    """
    if len(key) > _LONGEST_KEY:
        key = key[: _LONGEST_KEY - 1] + "…"
    if not key or "." in key or "[" in key or "]" in key:
        return f'{parent}["{key}"]'
    return f"{parent}.{key}" if parent else key


# Name -> the events of a text; what is wrong but goes on is added to the problems.
SYNTAXES: dict[str, Callable[[Lines, list[Problem]], Iterable[Event]]] = {
    "YAML": yaml_text.events,
    "JSON": lambda lines, problems: json_text.events(lines),
}


def parse(content: bytes, syntax: str, *, limit: int = MAX_BYTES) -> Document:
    """Read `content` as `syntax`, a key of SYNTAXES; raises KeyError for any other, whatever the content."""
    parser = SYNTAXES[syntax]
    problems: list[Problem] = []
    if len(content) > limit:
        sizes = {"size": str(len(content)), "limit": str(limit)}
        return Document(None, {}, [Problem(code="too-large", values=sizes)], lines=Lines(""))
    lines = Lines(_decode(content, problems))
    events = parser(lines, problems)
    builder = _Builder(lines, problems, syntax=syntax)
    try:
        _check_depth(lines)
        for event in events:
            builder.take(event)
    except Stop as stop:
        problems.append(stop.problem)
        builder.break_off()
    if builder.root is None and not any(problem.severity is Severity.ERROR for problem in problems):
        problems.append(Problem(code="empty-file", line=1, column=1))
    return Document(builder.root, builder.marks, problems, lines=lines)


def _decode(content: bytes, problems: list[Problem]) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Lines(content[: error.start].decode("utf-8", "replace").lstrip(_BYTE_ORDER_MARK))
        place = (len(before.text), len(before.text))
        problems.append(problem_at("not-utf8", before, place, byte=f"0x{content[error.start]:02x}"))
        wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        text = content.decode("utf-16" if wide else "cp1252", "replace")
    text = text.lstrip(_BYTE_ORDER_MARK)
    control = CONTROL.search(text)
    if control:
        character = f"U+{ord(control[0]):04X}"
        problems.append(problem_at("control-character", Lines(text), control.span(), character=character))
        text = CONTROL.sub(" ", text)
    return text


def decoded(content: bytes) -> str:
    """Any text in NFC, whatever its encoding: for readers that report no problems."""
    return unicodedata.normalize("NFC", _decode(content, []))


def _check_depth(lines: Lines) -> None:
    """Linear, before any parser sees the text.

    Deep nesting crashes the C parser of YAML and blocks the pure one for minutes.
    """
    depth = 0
    for match in re.finditer(r"[\[{\]}]", lines.text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > _RAW_DEPTH:
            raise Stop(problem_at("too-deep", lines, match.span(), limit=str(MAX_DEPTH)))
    dashes = _RUN_OF_DASHES.search(lines.text)
    if dashes:
        raise Stop(problem_at("too-deep", lines, dashes.span(), limit=str(MAX_DEPTH)))


_STEP = {EventKind.MAPPING: 1, EventKind.LIST: 1, EventKind.END: -1}  # how an event changes the depth


class _Key(NamedTuple):
    """A key that waits for its value; that of a key that is `dropped` is dropped with it."""

    text: str
    extent: Extent
    dropped: bool = False


class _Builder:
    """Events to data and marks by a stack of (container, its path) and one of keys that wait for a value."""

    def __init__(self, lines: Lines, problems: list[Problem], *, syntax: str) -> None:
        self.root: Any = None
        self.marks: dict[str, Mark] = {}
        self._lines = lines
        self._problems = problems
        self._syntax = syntax
        self._stack: list[tuple[Any, str]] = []
        self._keys: list[_Key | None] = []
        self._left = 2 * MAX_VALUES  # events: a value and its key, or the end of its container
        # Depth inside a container that is dropped: a complex key, the second of two equal keys.
        self._dropped = 0
        self._end = 0  # of what was taken last

    def take(self, event: Event) -> None:
        """Add one event. Raises Stop if the document is too large, too deep or has a key that is no word."""
        self._left -= 1
        if self._left < 0:
            raise Stop(self._problem("too-many", event, limit=str(MAX_VALUES)))
        if self._dropped:
            self._dropped += _STEP.get(event.kind, 0)
        elif event.kind is EventKind.END:
            self._close(event.extent[1])
        elif self._stack and isinstance(self._stack[-1][0], dict) and self._keys[-1] is None:
            self._take_key(event)
        else:
            self._take_value(event)
        self._end = event.extent[1]

    def break_off(self) -> None:
        """The text ended before its containers did; they end with what was taken last, which may be a key."""
        key = self._keys[-1] if self._keys else None
        if key is not None and not key.dropped:
            place = (key.extent[1], key.extent[1])
            self.marks[key_path(self._stack[-1][1], key.text)] = Mark(place, key.extent)
        while self._stack:
            self._close(self._end)

    def _close(self, end: int) -> None:
        """The innermost container ends."""
        path = self._stack.pop()[1]
        self._keys.pop()
        start = self.marks[path].value[0]
        self.marks[path] = self.marks[path]._replace(value=(start, end))

    def _problem(self, code: str, event: Event, path: str = "", **values: str) -> Problem:
        return problem_at(code, self._lines, event.extent, path=path, **values)

    def _take_key(self, event: Event) -> None:
        container, above = self._stack[-1]
        if event.kind is not EventKind.SCALAR or event.value is None:
            reason = "a key must be a plain word"
            raise Stop(self._problem("syntax", event, above, format=self._syntax, reason=reason))
        key = str(event.value)
        second = key in container
        self._keys[-1] = _Key(key, event.extent, second or key == "<<")
        if second:
            self._problems.append(self._problem("duplicate-key", event, key_path(above, key), key=key))
        elif key == "<<":
            self._problems.append(self._problem("merge-key", event, key_path(above, key)))

    def _take_value(self, event: Event) -> None:
        if event.kind is EventKind.SCALAR:
            self._place(event.value, event)
            return
        container: Any = {} if event.kind is EventKind.MAPPING else []
        path = self._place(container, event)
        if path is None:
            self._dropped = 1
        elif len(self._stack) >= MAX_DEPTH:
            raise Stop(self._problem("too-deep", event, limit=str(MAX_DEPTH)))
        else:
            self._stack.append((container, path))
            self._keys.append(None)

    def _place(self, value: Any, event: Event) -> str | None:
        """Put a value into the innermost container; its path, None if it is dropped."""
        if not self._stack:
            self.root = value
            self.marks[""] = Mark(event.extent)
            return ""
        container, path = self._stack[-1]
        if isinstance(container, list):
            path = f"{path}[{len(container)}]"
            container.append(value)
            self.marks[path] = Mark(event.extent)
            return path
        key = self._keys[-1]
        self._keys[-1] = None
        if key is None or key.dropped:
            return None
        container[key.text] = value
        path = key_path(path, key.text)
        self.marks[path] = Mark(event.extent, key.extent)
        return path
