"""Foreign YAML and JSON as plain data with a place for every value. Runs in the sandbox; never raises on bad text.

One pass over parser events with a stack of our own: no recursion, no aliases, no tags, no type guessing. A scalar stays the text
the author wrote (`1.10` is no float, `2025-16-09` no date) and knows what it looks like. After a syntax error what came before is kept.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import Any, NamedTuple

from vocabularies.problems import Problem
from vocabularies.syntax import json_text, yaml_text
from vocabularies.syntax.events import CONTROL, MAX_DEPTH, Event, Scalar, Stop, place, problem_at
from vocabularies.syntax.yaml_text import SENTENCES

__all__ = ["MAX_BYTES", "SENTENCES", "Document", "Scalar", "decoded", "key_path", "parse"]

MAX_BYTES = 262_144
MAX_VALUES = 5_000  # keys and values; the longest of a hundred real files has 540
_RAW_DEPTH = 1_000  # brackets in running text; far below what crashes the C parser (threats.md, finding 1)
_RUN_OF_DASHES = re.compile(rf"(?:[-?:][ \t]+){{{MAX_DEPTH},}}")


class Document(NamedTuple):
    """`data` is None, Scalar, list or dict of these; `marks` maps a path such as `a.b[0]` to its (line, column) from 1."""

    data: Any
    marks: dict[str, tuple[int, int]]
    problems: list[Problem]


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
        return Document(
            None, {}, [Problem(code="too-large", values={"size": str(len(content)), "limit": str(limit)})]
        )
    text = _decode(content, problems)
    events = yaml_text.events(text, problems) if syntax == "YAML" else json_text.events(text)
    builder = _Builder(problems)
    try:
        _check_depth(text)
        for event in events:
            builder.take(event)
    except Stop as stop:
        problems.append(stop.problem)
    if builder.root is None and not any(problem.severity == "error" for problem in problems):
        problems.append(Problem(code="empty-file", line=1, column=1))
    return Document(builder.root, builder.marks, problems)


def _decode(content: bytes, problems: list[Problem]) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = place(before, len(before))
        problems.append(
            Problem(
                code="not-utf8", line=line, column=column, values={"byte": f"0x{content[error.start]:02x}"}
            )
        )
        wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        text = content.decode("utf-16" if wide else "cp1252", "replace")
    found = CONTROL.search(text)
    if found:
        line, column = place(text, found.start())
        problems.append(
            Problem(
                code="control-character",
                line=line,
                column=column,
                values={"character": f"U+{ord(found[0]):04X}"},
            )
        )
        text = CONTROL.sub(" ", text)
    return unicodedata.normalize("NFC", text)


def decoded(content: bytes) -> str:
    """Any text, whatever its encoding: for readers that report no problems."""
    return _decode(content, [])


def _check_depth(text: str) -> None:
    """Linear, before any parser sees the text: deep nesting crashes the C parser and blocks the pure one for minutes."""
    depth = 0
    for match in re.finditer(r"[\[{\]}]", text):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > _RAW_DEPTH:
            line, column = place(text, match.start())
            raise Stop(Problem(code="too-deep", line=line, column=column, values={"limit": str(MAX_DEPTH)}))
    found = _RUN_OF_DASHES.search(text)
    if found:
        line, column = place(text, found.start())
        raise Stop(Problem(code="too-deep", line=line, column=column, values={"limit": str(MAX_DEPTH)}))


class _Builder:
    """Events to data and marks. The stack holds (container, its path, the pending key)."""

    def __init__(self, problems: list[Problem]) -> None:
        self.root: Any = None
        self.marks: dict[str, tuple[int, int]] = {}
        self._problems = problems
        self._stack: list[tuple[Any, str]] = []
        self._key: list[str | None] = []
        self._left = 2 * MAX_VALUES  # events: a value and its key, or the end of its container
        self._skip = (
            0  # depth inside a container that is dropped: a complex key, the second of two equal keys
        )

    def take(self, event: Event) -> None:
        self._left -= 1
        if self._left < 0:
            raise Stop(problem_at("too-many", event, limit=str(MAX_VALUES)))
        if self._skip:
            self._skip += {"{": 1, "[": 1, "end": -1}.get(event.kind, 0)
        elif event.kind == "end":
            self._stack.pop()
            self._key.pop()
        elif self._stack and isinstance(self._stack[-1][0], dict) and self._key[-1] is None:
            self._take_key(event)
        else:
            self._take_value(event)

    def _take_key(self, event: Event) -> None:
        container, path = self._stack[-1]
        if event.kind != "scalar" or event.value is None:
            raise Stop(problem_at("syntax", event, path, format="YAML", reason="a key must be a plain word"))
        key = str(event.value)
        if key in container:
            self._problems.append(problem_at("duplicate-key", event, key_path(path, key), key=key))
            self._key[-1] = "\0duplicate"
        elif key == "<<":
            self._problems.append(problem_at("merge-key", event, key_path(path, key)))
            self._key[-1] = "\0merge"
        else:
            self._key[-1] = key
            self.marks[key_path(path, key)] = (event.line, event.column)

    def _take_value(self, event: Event) -> None:
        value: Any = {} if event.kind == "{" else [] if event.kind == "[" else event.value
        path = self._place_value(value, event)
        if event.kind in "{[":
            if path is None:
                self._skip = 1
            elif len(self._stack) >= MAX_DEPTH:
                raise Stop(problem_at("too-deep", event, limit=str(MAX_DEPTH)))
            else:
                self._stack.append((value, path))
                self._key.append(None)

    def _place_value(self, value: Any, event: Event) -> str | None:
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
