"""What is kept of a commit: the facets of all documents, and those and the pages of the last large results.

The pages of a search, its JSON and the page in another language ask for the same counts, most visitors for
the newest. All belongs to the snapshot it was found in, so it is never old.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import msgspec

from catalog.search import FACETS
from catalog.search.engine import Counts, Found, Nothing, Snapshot, Wanted, most_frequent
from catalog.search.plan import Node, Plan, Term

_COUNTED = Wanted(filters={}, facets=FACETS, sort="name", start=0, size=0)
_LARGE = 2_000  # documents found; fewer are counted as fast as they are remembered
_MOST = 200  # answers: counts have some 30 kB, pages less

Facets = dict[str, Counts]


class Question(NamedTuple):
    """What decides the counts."""

    must: tuple[Node, ...]
    must_not: tuple[Node, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    facets: tuple[str, ...]
    values: int


class Page(NamedTuple):
    """What decides the hits."""

    of: Question
    should: tuple[Term, ...]
    sort: str
    start: int
    size: int


Key = Question | Page


class KeptCounts:
    """The counts and pages of one commit, found when they are first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Snapshot = Nothing()
        self._every: Facets | None = None
        self._answers = OrderedDict[Key, Found]()

    def search(self, snapshot: Snapshot, plan: Plan, wanted: Wanted) -> Found:
        """What `snapshot.search` answers, with no more values than wanted."""
        known = _of_all_documents(plan, wanted)
        facets = self._of_all(snapshot, wanted, known)
        others = tuple(name for name in wanted.facets if name not in known)
        question = _question(plan, wanted, others)
        page = None if wanted.texts else _page(question, plan, wanted)
        counted = self._kept(snapshot, question) if others else Found()
        found = self._kept(snapshot, page)
        if found is None or counted is None:
            asked = others if counted is None else ()
            found = snapshot.search(plan, msgspec.structs.replace(wanted, facets=asked))
            counted = counted or Found(
                facets={name: _first(found.facets[name], name, wanted) for name in others}
            )
            if found.total >= _LARGE:
                self._keep(snapshot, question, counted)
                self._keep(snapshot, page, msgspec.structs.replace(found, facets={}))
        facets |= counted.facets
        return msgspec.structs.replace(found, facets={name: facets[name] for name in wanted.facets})

    def _of_all(self, snapshot: Snapshot, wanted: Wanted, names: set[str]) -> Facets:
        if not names:
            return {}
        with self._lock:  # those who come meanwhile wait for the one count
            self._turn_to(snapshot)
            if self._every is None:
                self._every = snapshot.search(Plan(), _COUNTED).facets
            every = self._every
        return {name: _first(every[name], name, wanted) for name in names}

    def _kept(self, snapshot: Snapshot, key: Key | None) -> Found | None:
        with self._lock:
            self._turn_to(snapshot)
            if key is None:
                return None
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def _keep(self, snapshot: Snapshot, key: Key | None, found: Found) -> None:
        with self._lock:
            if key is not None and self._of is snapshot:
                self._answers[key] = found
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)

    def _turn_to(self, snapshot: Snapshot) -> None:
        if self._of is not snapshot:
            self._of = snapshot
            self._every = None
            self._answers.clear()


def _question(plan: Plan, wanted: Wanted, facets: tuple[str, ...]) -> Question:
    filters = tuple(sorted(wanted.filters.items()))
    return Question(plan.must, plan.must_not, filters, facets=facets, values=wanted.values)


def _page(question: Question, plan: Plan, wanted: Wanted) -> Page:
    of = question._replace(facets=(), values=0)
    return Page(of, plan.should, wanted.sort, start=wanted.start, size=wanted.size)


def _first(counts: Counts, name: str, wanted: Wanted) -> Counts:
    return most_frequent(counts, wanted.values, frozenset(wanted.filters.get(name, ())))


def _of_all_documents(plan: Plan, wanted: Wanted) -> set[str]:
    """The facets that are counted over all documents: without words, those that no other facet narrows."""
    if plan.must or plan.must_not:
        return set()
    return {name for name in wanted.facets if not wanted.filters.keys() - {name}}
