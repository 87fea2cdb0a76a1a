"""What a kind of value has to do: clean it with remarks, make a term of RDF of it, and read the term back."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Protocol

from vocabularies import triples as rdf


class Note(Protocol):
    """Reports a problem at the place that is being read.

    The value `guess` names the scheme in which the nearest code is looked for.
    """

    def __call__(self, code: str, **values: str) -> None: ...


class Unclean(Exception):
    """Nothing of the value can be kept; `code` is a key of problems.PROBLEMS."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def silent(code: str, **values: str) -> None:
    """A Note that reports nothing."""


class Kind:
    """One kind of value. The defaults are those of a line of text."""

    expects = "a text"

    def clean(self, raw: Any, note: Note = silent) -> Any:
        """The clean value; raises Unclean."""
        return self.of_text(self.text(raw, note), note)

    def of_text(self, text: str, note: Note) -> Any:
        """The clean value of a non-empty, stripped, single-line text; raises Unclean."""
        return text

    def text(self, raw: Any, note: Note) -> str:
        """A single line: NFC, without control and direction characters. Raises Unclean."""
        if isinstance(raw, dict | list):
            raise Unclean(
                "wrong-type",
                expected=self.expects,
                found="a list" if isinstance(raw, list) else "a group of keys",
            )
        text = " ".join(printable(str(raw or "")).split())
        if not text:
            raise Unclean("empty-value")
        if is_placeholder(text):
            raise Unclean("placeholder", value=short(text))
        return text

    def term(self, value: Any, base: str = "", language: str = "") -> str:
        """An N-Triples term; `base` is the base URL of the instance that writes it."""
        return rdf.literal(str(value), language)

    def written(self, value: Any) -> Any:
        """The value as a metadata file holds it, None if this kind of file cannot."""
        return value

    def value(self, term: str) -> Any:
        """The clean value of a term, None if the term is none of this kind."""
        return None if rdf.is_iri(term) else rdf.parts(term)[0] or None


def short(text: str, limit: int = 60) -> str:
    """The beginning of a value, for a sentence about it."""
    return str(text) if len(text) <= limit else text[: limit - 1] + "…"


_JOINERS = frozenset("\u200c\u200d\ufe0f")  # needed by some scripts and by emoji
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def printable(text: str) -> str:
    """NFC without control, direction and other invisible characters, which disguise what a text says."""
    text = unicodedata.normalize("NFC", text)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(filter(_is_kept, text))


def _is_kept(character: str) -> bool:
    if character in "\n\t" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in _INVISIBLE


_PLACEHOLDER = re.compile(
    r"(?:vorname\s+nachname.*"
    r"|.*\b(?:ersetzen|replace[ _-]?me|placeholder|platzhalter|lorem ipsum|todo|tbd|fixme|changeme)\b.*"
    r"|(?:beschreibung|description)\s*\.{3,}"
    r"|<[^<>@:/]+>"
    r"|das (?:erste|zweite|dritte) feature"
    r"|\.{3,}|x{3,}|n/a|[nk]\.\s?a\.|\?+)",
    re.IGNORECASE,
)
_LONGEST_PLACEHOLDER = 59  # characters


def is_placeholder(text: str) -> bool:
    """Whether a text was left from a template.

    >>> is_placeholder("VORNAME NACHNAME ERSETZEN"), is_placeholder("Vornamen sammeln"), is_placeholder("NA")
    (True, False, False)
    """
    return len(text) <= _LONGEST_PLACEHOLDER and bool(_PLACEHOLDER.fullmatch(text))
