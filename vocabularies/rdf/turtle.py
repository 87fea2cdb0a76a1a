"""Sorted N-Triples lines as Turtle, N-Triples, RDF/XML, JSON-LD or TriG, in pieces.

Turtle and N-Triples are written here, since that is a hundred times faster than building a graph
(docs/performance.md, P3); RDF/XML and JSON-LD by pyoxigraph.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator

from vocabularies.namespaces import PREFIXES, RDF

# Suffix -> media type; the first is what `*/*` gets.
MEDIA_TYPES: dict[str, str] = {
    "ttl": "text/turtle",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "trig": "application/trig",
}

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TYPE = f"<{RDF.type}>"
_CHUNK = 8_000  # pieces of text, some 2,000 lines
_REMEMBERED, _LONGEST_REMEMBERED = 20_000, 99  # terms, and characters of one
Terms = tuple[dict[str, str], Callable[[str], str]]


def compacted(prefixes: dict[str, str] = PREFIXES) -> Terms:
    """A memory of shortened terms, and the function that shortens an IRI or typed literal that is not in it.

    Every namespace ends with `/` or `#`, so that one look-up finds the prefix.
    """
    by_namespace = {namespace: f"{prefix}:" for prefix, namespace in prefixes.items()}
    memory: dict[str, str] = {_TYPE: "a"}

    def shorten(iri: str) -> str:
        cut = iri.rfind("#") + 1 or iri.rfind("/") + 1
        prefix = by_namespace.get(iri[1:cut])
        if prefix and _LOCAL.fullmatch(iri, cut, len(iri) - 1):
            return prefix + iri[cut:-1]
        return iri

    def compact(term: str) -> str:
        if term[0] == "<":
            short = shorten(term)
        else:
            cut = term.rfind('"^^<') + 3
            short = term[:cut] + shorten(term[cut:])
        if len(memory) < _REMEMBERED and len(term) <= _LONGEST_REMEMBERED:
            memory[term] = short
        return short

    return memory, compact


def turtle(lines: Iterable[str], prefixes: dict[str, str] = PREFIXES) -> Iterator[str]:
    """Turtle from N-Triples lines (`<s> <p> <o> .`, newline or not), in pieces of text.

    Consecutive lines of one subject become one block.
    """
    yield prologue(prefixes)
    yield from blocks(lines, compacted(prefixes))


def prologue(prefixes: dict[str, str] = PREFIXES) -> str:
    """The prefixes that `blocks` relies on."""
    return "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in sorted(prefixes.items()))


def blocks(lines: Iterable[str], terms: Terms) -> Iterator[str]:
    """The blocks alone, in pieces of text.

    Those of two lists of lines, one after the other, are those of both lists together, if no subject stands
    in both.
    """
    memory, compact = terms
    known = memory.get
    subject = predicate = ""
    pieces: list[str] = []
    write = pieces.append  # small pieces, joined once, since formatting each line costs a sixth more
    for line in lines:
        s, p, o = line.split(" ", 2)
        if s != subject:
            if len(pieces) >= _CHUNK:
                yield "".join(pieces)
                pieces.clear()
            write(" .\n\n" if subject else "\n")
            write(known(s) or compact(s))
            write(" ")
        elif p != predicate:
            write(" ;\n  ")
        else:
            write(" , ")
        if s != subject or p != predicate:
            write(known(p) or compact(p))
            write(" ")
            subject = s
            predicate = p
        o = o[:-3] if o[-1] == "\n" else o[:-2]
        write((known(o) or compact(o)) if o[-1] == ">" else o)  # a text stands as it is; they rarely repeat
    if subject:
        write(" .\n")
    if pieces:
        yield "".join(pieces)


def encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Pieces of text as they are sent."""
    return (piece.encode() for piece in pieces)


def serialise(lines: Iterable[str], suffix: str) -> Iterator[bytes]:
    """The lines in the format of a suffix, in pieces. The lines must be N-Triples without blank nodes."""
    if suffix == "nt":
        yield from encoded(map(_ended, lines))
    elif suffix in ("ttl", "trig"):
        yield from encoded(turtle(lines))
    else:
        yield _by_oxigraph(lines, suffix)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n"


def _by_oxigraph(lines: Iterable[str], suffix: str) -> bytes:
    import pyoxigraph

    formats = {"rdf": pyoxigraph.RdfFormat.RDF_XML, "jsonld": pyoxigraph.RdfFormat.JSON_LD}
    source = "".join(map(_ended, lines)).encode()
    target = io.BytesIO()
    triples = pyoxigraph.parse(source, pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
    pyoxigraph.serialize((quad.triple for quad in triples), target, formats[suffix], prefixes=prefixes)
    return target.getvalue()
