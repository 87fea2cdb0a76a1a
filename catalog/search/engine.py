"""What a search engine must do for the seam: two kinds of objects, both dumb.

What can be shared is not here but in index.py.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Protocol

import msgspec

from catalog.changes.cursor import START, Cursor
from catalog.search import MAX_VALUES_COUNTED
from catalog.search.fields import Record
from catalog.search.plan import Plan

Counts = tuple[tuple[str, int], ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the documents a plan finds.

    Which of them (`filters`), in which order, from where, how many, counted how.

    `sort` is "relevance" only for a plan that ranks. `texts`: whether the hits' texts are wanted too.
    `values`: how many of each facet at least, and those that it is filtered by.
    """

    filters: dict[str, tuple[str, ...]]
    facets: tuple[str, ...]
    sort: str
    start: int
    size: int
    texts: bool = False
    values: int = MAX_VALUES_COUNTED


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How many, (score, id, Record.shown or b"") of a page, and the counts of each facet, frequent first."""

    total: int = 0
    hits: tuple[tuple[float, str, bytes], ...] = ()
    facets: dict[str, Counts] = {}


class Snapshot(Protocol):
    """One commit of an index, as it was; any number of threads may ask."""

    cursor: Cursor

    def ids(self) -> set[str]:
        """The ids of all documents."""
        ...

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        """The page of hits and the counts of facets that `wanted` asks of a plan."""
        ...

    def matching(self, plan: Plan, filters: Mapping[str, tuple[str, ...]]) -> set[str]:
        """The ids of all documents that `search` would find."""
        ...

    def known(self, field: str, text: str) -> bool:
        """Whether any document has (or, until segments are merged, had) this term."""
        ...

    def surface(self, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        """The entries of the field `surface` that begin like this, with the number of their documents.

        The most frequent first, equal ones by their letters; no more than `limit`.
        """
        ...

    def close(self) -> None:
        """Nobody will ask any more."""
        ...


class Engine(Protocol):
    """One index in one folder, which need not exist yet."""

    name: str

    def __init__(self, folder: Path) -> None: ...

    def stamp(self) -> Hashable | None:
        """Something cheap that is another after every commit; None if there is no index."""
        ...

    def open(self) -> Snapshot:
        """The newest commit. Raises anything if it is broken."""
        ...

    def write(self, records: Iterable[Record], remove: Iterable[str], cursor: Cursor, *, anew: bool) -> None:
        """Replace and remove (or, `anew`, drop all and add), in one commit.

        The caller holds the writers' lock.
        """
        ...


class Nothing:
    """The snapshot of an index that is not there."""

    cursor: Cursor = START

    def ids(self) -> set[str]:
        return set()

    def matching(self, plan: Plan, filters: Mapping[str, tuple[str, ...]]) -> set[str]:
        return set()

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        return Found(facets=dict.fromkeys(wanted.facets, ()))

    def known(self, field: str, text: str) -> bool:
        return False

    def surface(self, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        return []

    def close(self) -> None:
        pass


def most_frequent_first(counts: list[tuple[str, int]]) -> Counts:
    """The order of facet values: frequent first, equal ones by code. Sorts the list."""
    counts.sort()
    counts.sort(key=itemgetter(1), reverse=True)
    return tuple(counts)


def most_frequent(counts: Counts, values: int, chosen: frozenset[str]) -> Counts:
    """The first so many, and the chosen ones that come later."""
    return (*counts[:values], *(pair for pair in counts[values:] if pair[0] in chosen))
