"""Formats that have one description where we have two: which of them it is."""

from __future__ import annotations

from vocabularies.crosswalk.reader import DocumentReader
from vocabularies.terms import Texts

SHORT = 300  # characters that a card can show


def short_or_long(reader: DocumentReader) -> None:
    """A check: a description of one short paragraph is the short text of a language that has no other."""
    texts: Texts = reader.values.get("text", {})
    short: Texts = reader.values.get("short_text", {})
    for language, text in list(texts.items()):
        if language not in short and is_short(text):
            short = {**short, language: " ".join(texts.pop(language).split())}
    reader.values.update(text=texts, short_text=dict(sorted(short.items())))


def is_short(text: str) -> bool:
    """Whether a description can stand as the short text.

    >>> is_short("Reports potholes."), is_short("Reports potholes.\\n\\nAnd much more.")
    (True, False)
    """
    return len(text) <= SHORT and "\n" not in text
