"""Triples as N-Triples text: terms are strings such as `<http://ex/a>` or `"Baum"@de`, a graph is a set of (s, p, o). Canonical by sorting.

The one form everything is made from (architecture.md section 1): no blank nodes, one line a triple, canonical escapes, language tags in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vocabularies.namespaces import XSD

Triple = tuple[str, str, str]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What no XML document can hold is left out, so that one odd text does not cost a whole RDF/XML page.
_TO_ESCAPE = re.compile(r'[\\"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
_UNESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\\"\'nrtbf]))')
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "'": "'"}
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
_LINE = re.compile(r"\s*(<[^>]*>)\s+(<[^>]*>)\s+(.+?)\s*\.\s*")
# What RFC 3987 allows nowhere in an IRI, and a percent sign that begins no escape. One bad IRI costs a whole export (rdf.md, pitfall 3).
_BAD_IRI = re.compile(
    r"[\x00-\x20<>\"{}|\\^`\x7f-\x9f\ud800-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U00010000-\U0010ffff]|%(?![0-9A-Fa-f]{2})"
)
_BRACKETS = re.compile(r"[\[\]]")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\[[0-9A-Fa-f:.]+\]")


def iri(value: str) -> str:
    """The term of an address; what may not stand in an IRI is percent-encoded.

    >>> iri("http://ex/a b"), iri("http://ex/100%#[1]#2")
    ('<http://ex/a%20b>', '<http://ex/100%25#%5B1%5D%232>')
    """
    if _BAD_IRI.search(value):
        value = _BAD_IRI.sub(lambda match: _percent(match[0]), value)
    if "[" in value or "]" in value:
        host = _HOST.match(value)
        cut = host.end() if host else 0
        value = value[:cut] + _BRACKETS.sub(lambda match: _percent(match[0]), value[cut:])
    if value.count("#") > 1:
        before, _, after = value.partition("#")
        value = before + "#" + after.replace("#", "%23")
    return f"<{value}>"


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode(errors="ignore"))


def literal(value: str, language: str = "", datatype: str = "") -> str:
    """
    >>> literal("Baum", "DE"), literal("2026-01-31", datatype=XSD.date)
    ('"Baum"@de', '"2026-01-31"^^<http://www.w3.org/2001/XMLSchema#date>')
    """
    text = _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], ""), value)
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
        text = _UNESCAPE.sub(
            lambda found: _SHORT[found[3]] if found[3] else chr(int(found[1] or found[2], 16)), text
        )
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
