"""Writes by the rows that reader.py reads by: a value laid out as the document of a format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.rows import Nested, Row, plain_row


def write(rows: Iterable[Row], struct: msgspec.Struct) -> dict[str, Any]:
    """The document that the rows make of a value: nested dicts and lists, in the order of the rows."""
    document: dict[str, Any] = {}
    for row in rows:
        if not row.read_only and not row.instead:
            for language, value in _written(row, struct):
                _place(document, patterns.parts(row.source), value, language=language)
    return document


def _written(row: Row, struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """(language or "", value as the document holds it) of the row's field."""
    value: Any = struct
    for name in row.field.split("."):
        value = getattr(value, name, None)
    if value in (None, "", (), {}):
        return
    if isinstance(value, dict):
        yield from _texts(row, value)
        return
    for item in value if isinstance(value, tuple) else (value,):
        written = _nested(row.kind, item) if isinstance(row.kind, Nested) else row.kind.written(item)
        if written is not None:
            yield "", written


def _texts(row: Row, by_language: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Those whose language the pattern has a key for, or those of the row's own language."""
    any_language = "*" in row.source
    for language, texts in sorted(by_language.items()):
        if any_language and not language:
            continue
        if any_language or row.language == language:
            for text in texts if isinstance(texts, tuple) else (texts,):
                yield language, text


def _nested(kind: Nested, item: Any) -> Any:
    """The group of keys, or the plain text that says the same; None if this row does not write the value."""
    if kind.then:
        return item
    if not kind.when(item):
        return None
    document = write(kind.rows, item)
    if not kind.brief or len(document) > 1:
        return document
    text = document.get(patterns.parts(plain_row(kind).source)[0])
    return (text[0] if isinstance(text, list) else text) or document


def _place(document: dict[str, Any], parts: tuple[str, ...], value: Any, *, language: str) -> None:
    """Put a value where its pattern says, beside what stands there already."""
    container: Any = document
    for part, following in zip(parts, (*parts[1:], ""), strict=True):
        if part[0] == "[":
            container.append(
                {following: value} if following else value
            )  # a key of each item: `supports[].id`
            return
        key = language if part == "*" else part
        if not following:
            container.setdefault(key, value)
            return
        container = container.setdefault(key, [] if following[0] == "[" else {})
