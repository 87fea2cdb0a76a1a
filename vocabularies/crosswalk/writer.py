"""Writes by the rows that crosswalk.py reads by: a value laid out as the document of a format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.rows import Nested, Row


def write(rows: Iterable[Row], values: msgspec.Struct) -> dict[str, Any]:
    """The document that the rows make of a value: nested dicts and lists of str, bool; keys in the order of the rows."""
    document: dict[str, Any] = {}
    for row in rows:
        if not row.read_only and not row.instead:
            for language, value in _of_field(values, row):
                _place(document, patterns.parts(row.source), value, language)
    return document


def _of_field(values: msgspec.Struct, row: Row) -> Iterator[tuple[str, Any]]:
    value: Any = values
    for name in row.field.split("."):
        value = getattr(value, name, None) if value is not None else None
    if value in (None, "", (), {}):
        return
    if isinstance(value, dict):
        for language, text in sorted(value.items()):
            if ("*" in row.source and language) or (row.language == language and "*" not in row.source):
                for item in text if isinstance(text, tuple) else (text,):
                    yield language, item
        return
    for item in value if isinstance(value, tuple) else (value,):
        if not isinstance(row.kind, Nested):
            said = row.kind.written(item)
            if said is not None:
                yield "", said
        elif row.kind.then:
            yield "", item
        elif row.kind.when(item):
            written = write(row.kind.rows, item)
            key = next((inner.source for inner in row.kind.rows if inner.field == row.kind.plain), "")
            text = written.get(patterns.parts(key)[0]) if row.kind.brief and len(written) == 1 else None
            yield "", (text[0] if isinstance(text, list) else text) or written


def _place(document: dict[str, Any], parts: tuple[str, ...], value: Any, language: str) -> None:
    holder: Any = document
    for part, following in zip(parts, (*parts[1:], ""), strict=True):
        if part[0] == "[":
            if following:  # a key of each item: `supports[].id`
                holder.append({following: value})
            else:
                holder.append(value)
            return
        key = language if part == "*" else part
        if not following:
            holder.setdefault(key, value)
            return
        holder = holder.setdefault(key, [] if following[0] == "[" else {})
