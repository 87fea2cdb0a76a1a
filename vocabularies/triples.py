"""Triples as N-Triples text: terms are strings such as `<http://ex/a>` or `"Baum"@de`, a graph is a set of (s, p, o). Canonical by sorting.

The one form everything is made from (architecture.md section 1): no blank nodes, one line a triple, canonical escapes, language tags in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vocabularies.namespaces import XSD

Triple = tuple[str, str, str]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'[\\"\n\r\t\x08\x0c]')
_UNESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\\"\'nrtbf]))')
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
_LINE = re.compile(r"\s*(<[^>]*>)\s+(<[^>]*>)\s+(.+?)\s*\.\s*")
_BAD_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


def iri(value: str) -> str:
    """
    >>> iri("http://ex/a b")
    '<http://ex/a%20b>'
    """
    return f"<{_BAD_IRI.sub(lambda match: f'%{ord(match[0]):02X}', value)}>"


def literal(value: str, language: str = "", datatype: str = "") -> str:
    """
    >>> literal("Baum", "DE"), literal("2026-01-31", datatype=XSD.date)
    ('"Baum"@de', '"2026-01-31"^^<http://www.w3.org/2001/XMLSchema#date>')
    """
    text = _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)
    if language:
        return f'"{text}"@{language.lower()}'
    return f'"{text}"^^<{datatype}>' if datatype and datatype != XSD.string else f'"{text}"'


def is_iri(term: str) -> bool:
    """Whether the term is an IRI, not a literal or blank node."""
    return term.startswith("<")


def value(term: str) -> str:
    """The bare IRI or text of a term."""
    if term.startswith("<"):
        return term[1:-1]
    return parts(term)[0]


def parts(term: str) -> tuple[str, str, str]:
    """(text, language, datatype) of a literal.

    >>> parts('"Stra\\\\u00dfe"@de')
    ('Straße', 'de', '')
    """
    match = _LITERAL.fullmatch(term)
    if not match:
        return term, "", ""
    text, language, datatype = match.groups()
    if "\\" in text:
        text = _UNESCAPE.sub(lambda found: _SHORT[found[3]] if found[3] else chr(int(found[1] or found[2], 16)), text)
    return text, (language or "").lower(), datatype or ""


def serialise(triples: Iterable[Triple]) -> bytes:
    """The canonical byte string of a graph: sorted, unique N-Triples lines in UTF-8."""
    return "".join(sorted({f"{s} {p} {o} .\n" for s, p, o in triples})).encode()


def lines(content: bytes) -> Iterator[Triple]:
    """The triples of what `serialise` wrote. Foreign RDF is parsed in the sandbox instead."""
    for line in content.decode().split("\n"):  # splitlines() would also cut at U+2028 and its kin
        match = _LINE.fullmatch(line)
        if match:
            yield match[1], match[2], match[3]
