"""Triples as N-Triples text: a graph is a set of (s, p, o), a term is a string: `<http://ex/a>`, `"Baum"@de`.

Everything is made from this one form, canonical by sorting: no blank nodes, one line a triple, canonical
escapes, language tags in lower case (docs/rdf.md, "The payload").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from vocabularies.namespaces import XSD

Triple = tuple[str, str, str]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What no XML document can hold is left out, so that one odd text does not cost a whole RDF/XML page.
_TO_ESCAPE = re.compile(r'[\\"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
_UNESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\\"\'nrtbf]))')
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
_LINE = re.compile(r"\s*(<[^>]*>)\s+(<[^>]*>)\s+(.+?)\s*\.\s*")
# What RFC 3987 allows nowhere in an IRI, and a percent sign that begins no escape.
_BAD_IRI = re.compile(
    r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U00010000-\U0010ffff]"
    r"|%(?![0-9A-Fa-f]{2})"
)
_BRACKETS = re.compile(r"[\[\]]")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\[[0-9A-Fa-f:.]+\]")


def iri(value: str) -> str:
    """The term of an address; what may not stand in an IRI is percent-encoded.

    >>> iri("http://ex/a b"), iri("http://ex/100%#[1]#2")
    ('<http://ex/a%20b>', '<http://ex/100%25#%5B1%5D%232>')
    """
    if _BAD_IRI.search(value):
        value = _BAD_IRI.sub(_percent, value)
    if "[" in value or "]" in value:
        host = _HOST.match(value)
        cut = host.end() if host else 0
        value = value[:cut] + _BRACKETS.sub(_percent, value[cut:])
    if value.count("#") > 1:
        before, _, after = value.partition("#")
        value = before + "#" + after.replace("#", "%23")
    return f"<{value}>"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode(errors="ignore"))


constant = cache(iri)  # the same for predicates and classes, of which there are few


def literal(value: str, language: str = "", datatype: str = "") -> str:
    """The term of a text. A language counts more than a datatype; xsd:string is not written.

    >>> literal("Baum", "DE"), literal("2026-01-31", datatype=XSD.date)
    ('"Baum"@de', '"2026-01-31"^^<http://www.w3.org/2001/XMLSchema#date>')
    """
    text = _TO_ESCAPE.sub(_escaped, value)
    if language:
        return f'"{text}"@{language.lower()}'
    if datatype and datatype != XSD.string:
        return f'"{text}"^^<{datatype}>'
    return f'"{text}"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], "")


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
        text = _UNESCAPE.sub(_unescaped, text)
    return text, (language or "").lower(), datatype or ""


def _unescaped(match: re.Match[str]) -> str:
    short, long, character = match.groups()
    return _SHORT[character] if character else chr(int(short or long, 16))


def serialise(triples: Iterable[Triple]) -> bytes:
    """The canonical byte string of a graph: sorted, unique N-Triples lines in UTF-8."""
    return "".join(sorted({f"{s} {p} {o} .\n" for s, p, o in triples})).encode()


def lines(content: bytes) -> Iterator[Triple]:
    """The triples of what `serialise` wrote. Foreign RDF is parsed in the sandbox instead."""
    for line in content.decode().split("\n"):  # splitlines() would also cut at U+2028 and its kin
        match = _LINE.fullmatch(line)
        if match:
            yield match[1], match[2], match[3]
