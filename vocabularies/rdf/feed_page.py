"""A page of the feed from what each entry brings to it, written as Turtle once.

So an unchanged entry is not written anew. The page is the one that `turtle` makes of all its lines, to the
byte: an entry's own subjects are nobody else's, and stand in one run each.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vocabularies import iris
from vocabularies.rdf.table import SOLUTION, Table, source_only
from vocabularies.rdf.turtle import Terms, blocks, encoded, prologue

_END = "\U0010ffff"


class EntryPart(NamedTuple):
    """What an entry brings to a page.

    `record` and `solution` are the Turtle of its record and of itself, `shared` the lines about what others
    speak of too, `named` the IRIs it names. `alone` is whether it says nothing about another entry or record
    of this instance, so that those keep their subjects to themselves.
    """

    record: bytes
    solution: bytes
    shared: tuple[str, ...]
    named: frozenset[str]
    alone: bool


def portal_lines(payload: str, table: Table = SOLUTION) -> tuple[list[str], set[str]]:
    """The lines of a payload that stand on a portal page, and the IRIs in their objects."""
    hidden = source_only(table)
    lines = list[str]()
    named = set[str]()
    for line in payload.split("\n"):
        if line:
            _, predicate, o = line.split(" ", 2)
            if predicate not in hidden:
                lines.append(line)
                if o[0] == "<":
                    named.add(o[1:-3])
    return lines, named


def entry_part(payload: str, iri: str, *, base: str, terms: Terms) -> EntryPart:
    """What the solution `iri` with this payload brings to a page of the instance at `base`."""
    lines, objects = portal_lines(payload)
    record, record_end = _run(lines, iris.record_of(iri))
    solution, solution_end = _run(lines, iri)
    shared = (*lines[:record], *lines[record_end:solution], *lines[solution_end:])
    own_subjects = _own_subjects(base)
    return EntryPart(
        record="".join(blocks(lines[record:record_end], terms)).encode(),
        solution="".join(blocks(lines[solution:solution_end], terms)).encode(),
        shared=tuple(map(sys.intern, shared)),
        named=frozenset(named for named in objects if not named.startswith(iri)),
        alone=not any(line.startswith(own_subjects) for line in shared),
    )


def _run(lines: list[str], iri: str) -> tuple[int, int]:
    """Where the lines begin and end whose subject is the IRI or begins with it; the lines are sorted."""
    return bisect_left(lines, f"<{iri}"), bisect_left(lines, f"<{iri}{_END}")


def page(entries: list[EntryPart], others: Iterable[str], *, base: str, terms: Terms) -> Iterator[bytes]:
    """The Turtle of a page of entries of this instance.

    The entries stand in the order of their ids, and all of them are `alone`; `others` are the lines that none
    brings.
    """
    lines = set(others)
    for entry in entries:
        lines.update(entry.shared)
    shared = sorted(lines)
    records, solutions = (bisect_left(shared, prefix) for prefix in _own_subjects(base))
    yield prologue().encode()
    yield from encoded(blocks(shared[:records], terms))
    yield from (entry.record for entry in entries)
    yield from encoded(blocks(shared[records:solutions], terms))
    yield from (entry.solution for entry in entries)
    yield from encoded(blocks(shared[solutions:], terms))


def _own_subjects(base: str) -> tuple[str, str]:
    """How lines about records and about solutions of this instance begin."""
    return f"<{iris.thing(base, iris.RECORD, '')}", f"<{iris.thing(base, iris.SOLUTION, '')}"
