"""RDF out: sorted N-Triples lines to Turtle, N-Triples, RDF/XML, JSON-LD or TriG, streamed. One source for every format (performance.md section 2).

Turtle and N-Triples are written here, since that is a hundred times faster than building a graph; RDF/XML and JSON-LD by pyoxigraph.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator

from vocabularies.namespaces import PREFIXES, RDF

# Suffix -> media type; the first is what `*/*` gets.
MEDIA_TYPES: dict[str, str] = {
    "ttl": "text/turtle", "rdf": "application/rdf+xml", "jsonld": "application/ld+json", "nt": "application/n-triples", "trig": "application/trig",
}  # fmt: skip

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TYPE = f"<{RDF.type}>"
_CHUNK = 2_000  # lines


def compacted(base_prefixes: dict[str, str] = PREFIXES) -> Callable[[str], str]:
    """A function that shortens N-Triples terms by prefixes and remembers what it shortened."""
    by_length = sorted(base_prefixes.items(), key=lambda item: -len(item[1]))
    memory: dict[str, str] = {_TYPE: "a"}

    def shorten(iri: str) -> str:
        for prefix, namespace in by_length:
            if iri.startswith(namespace, 1):
                local = iri[1 + len(namespace) : -1]
                if _LOCAL.fullmatch(local):
                    return f"{prefix}:{local}"
                break
        return iri

    def compact(term: str) -> str:
        known = memory.get(term)
        if known is None:
            if term[0] == "<":
                known = shorten(term)
            else:
                cut = term.rfind('"^^<')
                known = term[: cut + 3] + shorten(term[cut + 3 :]) if cut > 0 and term.endswith(">") else term
                if cut <= 0 or len(term) > 60:
                    return known  # texts rarely repeat
            if len(memory) < 200_000:
                memory[term] = known
        return known

    return compact


def turtle(lines: Iterable[str], prefixes: dict[str, str] = PREFIXES) -> Iterator[str]:
    """Turtle from N-Triples lines (`<s> <p> <o> .`, newline or not); consecutive lines of one subject become one block. Yields pieces of text."""
    compact = compacted(prefixes)
    yield "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in sorted(prefixes.items()))
    subject = predicate = ""
    pieces: list[str] = []
    for line in lines:
        s, p, o = line.split(" ", 2)
        o = o.rstrip("\n")[:-2]
        if s != subject:
            pieces.append(
                f" .\n\n{compact(s)} {compact(p)} {compact(o)}" if subject else f"\n{compact(s)} {compact(p)} {compact(o)}"
            )
            subject, predicate = s, p
        elif p != predicate:
            pieces.append(f" ;\n  {compact(p)} {compact(o)}")
            predicate = p
        else:
            pieces.append(f" , {compact(o)}")
        if len(pieces) >= _CHUNK:
            yield "".join(pieces)
            pieces.clear()
    if subject:
        pieces.append(" .\n")
    yield "".join(pieces)


def serialise(lines: Iterable[str], suffix: str) -> Iterator[bytes]:
    """The lines in the format of a suffix, in pieces. The lines must be N-Triples without blank nodes."""
    if suffix == "nt":
        yield from (line.encode() if line.endswith("\n") else line.encode() + b"\n" for line in lines)
    elif suffix in ("ttl", "trig"):
        yield from (piece.encode() for piece in turtle(lines))
    else:
        yield _by_oxigraph(lines, suffix)


def _by_oxigraph(lines: Iterable[str], suffix: str) -> bytes:
    import pyoxigraph

    formats = {"rdf": pyoxigraph.RdfFormat.RDF_XML, "jsonld": pyoxigraph.RdfFormat.JSON_LD}
    source = "".join(line if line.endswith("\n") else line + "\n" for line in lines).encode()
    target = io.BytesIO()
    triples = pyoxigraph.parse(source, pyoxigraph.RdfFormat.N_TRIPLES)
    prefixes = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
    pyoxigraph.serialize((quad.triple for quad in triples), target, formats[suffix], prefixes=prefixes)
    return target.getvalue()
