"""Foreign YAML and JSON as plain data with a place for every value.

Runs in the sandbox; never raises on bad text. One loop over parser events with a stack of its own: no
recursion, no aliases, no tags, no guessing of types. A scalar stays the text its author wrote (`1.10` is no
float, `2025-16-09` no date) and carries the type it looks like. After a syntax error everything before it is
kept.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
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
    position,
    problem_at,
)
from vocabularies.syntax.yaml_text import SENTENCES

__all__ = ["MAX_BYTES", "SENTENCES", "Document", "Scalar", "ScalarType", "decoded", "key_path", "parse"]

MAX_BYTES = 262_144
MAX_VALUES = 5_000  # keys and values; the longest of a hundred real files has 540
_RAW_DEPTH = 1_000  # brackets in running text; far fewer than crash the C parser of YAML
_RUN_OF_DASHES = re.compile(rf"(?:[-?:][ \t]+){{{MAX_DEPTH},}}")
_LONGEST_KEY = 100  # characters that stand in a path


class Document(NamedTuple):
    """`data` is None, Scalar, list or dict of these.

    `marks` maps a path such as `a.b[0]` to its (line, column), both from 1.
    """

    data: Any
    marks: dict[str, tuple[int, int]]
    problems: list[Problem]


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


def parse(content: bytes, syntax: str, *, limit: int = MAX_BYTES) -> Document:
    """Read `content` as `syntax` ("YAML" or "JSON")."""
    problems: list[Problem] = []
    if len(content) > limit:
        sizes = {"size": str(len(content)), "limit": str(limit)}
        return Document(None, {}, [Problem(code="too-large", values=sizes)])
    text = _decode(content, problems)
    events = yaml_text.events(text, problems) if syntax == "YAML" else json_text.events(text)
    builder = _Builder(problems)
    try:
        _check_depth(text)
        for event in events:
            builder.take(event)
    except Stop as stop:
        problems.append(stop.problem)
    if builder.root is None and not any(problem.severity is Severity.ERROR for problem in problems):
        problems.append(Problem(code="empty-file", line=1, column=1))
    return Document(builder.root, builder.marks, problems)


def _decode(content: bytes, problems: list[Problem]) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        values = {"byte": f"0x{content[error.start]:02x}"}
        problems.append(_problem("not-utf8", before, len(before), values=values))
        wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        text = content.decode("utf-16" if wide else "cp1252", "replace")
    control = CONTROL.search(text)
    if control:
        values = {"character": f"U+{ord(control[0]):04X}"}
        problems.append(_problem("control-character", text, control.start(), values=values))
        text = CONTROL.sub(" ", text)
    return unicodedata.normalize("NFC", text)


def decoded(content: bytes) -> str:
    """Any text, whatever its encoding: for readers that report no problems."""
    return _decode(content, [])


def _problem(code: str, text: str, offset: int, *, values: dict[str, str]) -> Problem:
    line, column = position(text, offset)
    return Problem(code=code, line=line, column=column, values=values)


def _check_depth(text: str) -> None:
    """Linear, before any parser sees the text.

    Deep nesting crashes the C parser of YAML and blocks the pure one for minutes.
    """
    depth = 0
    for match in re.finditer(r"[\[{\]}]", text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > _RAW_DEPTH:
            raise Stop(_problem("too-deep", text, match.start(), values={"limit": str(MAX_DEPTH)}))
    dashes = _RUN_OF_DASHES.search(text)
    if dashes:
        raise Stop(_problem("too-deep", text, dashes.start(), values={"limit": str(MAX_DEPTH)}))


_STEP = {EventKind.MAPPING: 1, EventKind.LIST: 1, EventKind.END: -1}  # how an event changes the depth
_DUPLICATE, _MERGE = "\0duplicate", "\0merge"  # stand for a key whose value is dropped


class _Builder:
    """Events to data and marks by a stack of (container, its path) and one of keys that wait for a value."""

    def __init__(self, problems: list[Problem]) -> None:
        self.root: Any = None
        self.marks: dict[str, tuple[int, int]] = {}
        self._problems = problems
        self._stack: list[tuple[Any, str]] = []
        self._keys: list[str | None] = []
        self._left = 2 * MAX_VALUES  # events: a value and its key, or the end of its container
        # Depth inside a container that is dropped: a complex key, the second of two equal keys.
        self._dropped = 0

    def take(self, event: Event) -> None:
        """Add one event. Raises Stop if the document is too large, too deep or has a key that is no word."""
        self._left -= 1
        if self._left < 0:
            raise Stop(problem_at("too-many", event, limit=str(MAX_VALUES)))
        if self._dropped:
            self._dropped += _STEP.get(event.kind, 0)
        elif event.kind is EventKind.END:
            self._stack.pop()
            self._keys.pop()
        elif self._stack and isinstance(self._stack[-1][0], dict) and self._keys[-1] is None:
            self._take_key(event)
        else:
            self._take_value(event)

    def _take_key(self, event: Event) -> None:
        container, path = self._stack[-1]
        if event.kind is not EventKind.SCALAR or event.value is None:
            raise Stop(problem_at("syntax", event, path, format="YAML", reason="a key must be a plain word"))
        key = str(event.value)
        if key in container:
            self._problems.append(problem_at("duplicate-key", event, key_path(path, key), key=key))
            self._keys[-1] = _DUPLICATE
        elif key == "<<":
            self._problems.append(problem_at("merge-key", event, key_path(path, key)))
            self._keys[-1] = _MERGE
        else:
            self._keys[-1] = key
            self.marks[key_path(path, key)] = (event.line, event.column)

    def _take_value(self, event: Event) -> None:
        if event.kind is EventKind.SCALAR:
            self._place(event.value, event)
            return
        container: Any = {} if event.kind is EventKind.MAPPING else []
        path = self._place(container, event)
        if path is None:
            self._dropped = 1
        elif len(self._stack) >= MAX_DEPTH:
            raise Stop(problem_at("too-deep", event, limit=str(MAX_DEPTH)))
        else:
            self._stack.append((container, path))
            self._keys.append(None)

    def _place(self, value: Any, event: Event) -> str | None:
        """Put a value into the innermost container; its path, None if it is dropped."""
        if not self._stack:
            self.root = value
            return ""
        container, path = self._stack[-1]
        if isinstance(container, list):
            path = f"{path}[{len(container)}]"
            container.append(value)
            self.marks[path] = (event.line, event.column)
            return path
        key, self._keys[-1] = self._keys[-1], None
        if key is None or key.startswith("\0"):
            return None
        container[key] = value
        return key_path(path, key)
