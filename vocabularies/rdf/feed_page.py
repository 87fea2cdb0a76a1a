"""A page of the feed from what each entry brings to it, made as Turtle once: an entry that did not change is not written anew.

The page is the one that `serialise` makes of all its lines, to the byte: an entry's own subjects are nobody else's, and stand in one run each.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vocabularies.rdf import dcat_ap, table
from vocabularies.rdf.turtle import Terms, blocks, encoded, prologue

_END = "\U0010ffff"


class Fragment(NamedTuple):
    """What an entry brings: the Turtle of its record and of itself, lines about what others speak of too, and the IRIs it names.

    `alone` is whether it says nothing about another entry or record of this instance, so that those keep their subjects to themselves.
    """

    record: bytes
    solution: bytes
    shared: tuple[str, ...]
    named: frozenset[str]
    alone: bool


def portal_lines(payload: str) -> tuple[list[str], set[str]]:
    """The lines of a payload that stand on a portal page, and the IRIs in their objects."""
    hidden, lines, iris = table.SOURCE_ONLY, list[str](), set[str]()
    for line in payload.split("\n"):
        if line:
            _, predicate, o = line.split(" ", 2)
            if predicate not in hidden:
                lines.append(line)
                if o[0] == "<":
                    iris.add(o[1:-3])
    return lines, iris


def fragment(payload: str, iri: str, *, base: str, terms: Terms) -> Fragment:
    """What the solution `iri` with this payload brings to a page."""
    lines, iris = portal_lines(payload)
    places = [
        (bisect_left(lines, f"<{own}"), bisect_left(lines, f"<{own}{_END}"))
        for own in (dcat_ap.record_iri(iri), iri)
    ]
    (record, record_end), (solution, solution_end) = places
    shared = (*lines[:record], *lines[record_end:solution], *lines[solution_end:])
    texts = ["".join(blocks(lines[start:end], terms)).encode() for start, end in places]
    others = frozenset(one for one in iris if not one.startswith(iri))
    alone = not any(line.startswith(_zones(base)) for line in shared)
    return Fragment(texts[0], texts[1], tuple(map(sys.intern, shared)), others, alone)


def page(entries: list[Fragment], others: Iterable[str], *, base: str, terms: Terms) -> Iterator[bytes]:
    """The Turtle of a page of entries of this instance, in the order of their ids, all of them `alone`; `others` are the lines none brings."""
    shared = sorted({line for one in entries for line in one.shared}.union(others))
    records, solutions = (bisect_left(shared, zone) for zone in _zones(base))
    yield prologue().encode()
    yield from encoded(blocks(shared[:records], terms))
    yield from (one.record for one in entries)
    yield from encoded(blocks(shared[records:solutions], terms))
    yield from (one.solution for one in entries)
    yield from encoded(blocks(shared[solutions:], terms))


def _zones(base: str) -> tuple[str, str]:
    return f"<{base}/id/record/", f"<{base}/id/solution/"
