"""Formats that have one description where we have two: which of them it is."""

from __future__ import annotations

from vocabularies.crosswalk.reader import Pass
from vocabularies.terms import Texts

SHORT = 300  # characters that a card can show


def short_or_long(reading: Pass) -> None:
    """A check for crosswalks: a description of one short paragraph, in a language without a short text, is the short text."""
    texts: Texts = reading.values.get("text", {})
    short: Texts = reading.values.get("short_text", {})
    for language, text in list(texts.items()):
        if language not in short and is_short(text):
            short = {**short, language: " ".join(texts.pop(language).split())}
    reading.values.update(text=texts, short_text=dict(sorted(short.items())))


def is_short(text: str) -> bool:
    """
    >>> is_short("Reports potholes."), is_short("Reports potholes.\\n\\nAnd much more.")
    (True, False)
    """
    return len(text) <= SHORT and "\n" not in text
