"""The facets of large results, counted once for each commit: of all documents, and of the last questions.

The pages of a search, its JSON and the page in another language ask for the same counts. They belong to the
snapshot they were counted in, so they are never old.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import msgspec

from catalog.search import FACETS
from catalog.search.engine import Counts, Found, Nothing, Snapshot, Wanted, most_frequent
from catalog.search.plan import Node, Plan

_COUNTED = Wanted(filters={}, facets=FACETS, sort="name", start=0, size=0)
_LARGE = 2_000  # documents found; fewer are counted as fast as they are remembered
_MOST = 100  # questions, some 30 kB each

Facets = dict[str, Counts]


class Question(NamedTuple):
    """What decides the counts."""

    must: tuple[Node, ...]
    must_not: tuple[Node, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    facets: tuple[str, ...]
    values: int


class KeptCounts:
    """The counts of one commit, made when they are first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Snapshot = Nothing()
        self._every: Facets | None = None
        self._answers = OrderedDict[Question, Facets]()

    def search(self, snapshot: Snapshot, plan: Plan, wanted: Wanted) -> Found:
        """What `snapshot.search` answers, with no more values than wanted."""
        known = _of_all_documents(plan, wanted)
        facets = self._of_all(snapshot, wanted, known)
        others = tuple(name for name in wanted.facets if name not in known)
        question = Question(
            plan.must, plan.must_not, tuple(sorted(wanted.filters.items())), others, wanted.values
        )
        kept = self._kept(snapshot, question) if others else {}
        asked = others if kept is None else ()
        found = snapshot.search(plan, msgspec.structs.replace(wanted, facets=asked))
        if kept is None:
            kept = {name: _first(found.facets[name], name, wanted) for name in others}
            if found.total >= _LARGE:
                self._keep(snapshot, question, kept)
        facets |= kept
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

    def _kept(self, snapshot: Snapshot, question: Question) -> Facets | None:
        with self._lock:
            self._turn_to(snapshot)
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def _keep(self, snapshot: Snapshot, question: Question, counts: Facets) -> None:
        with self._lock:
            if self._of is snapshot:
                self._answers[question] = counts
                while len(self._answers) > _MOST:
                    self._answers.popitem(last=False)

    def _turn_to(self, snapshot: Snapshot) -> None:
        if self._of is not snapshot:
            self._of, self._every = snapshot, None
            self._answers.clear()


def _first(counts: Counts, name: str, wanted: Wanted) -> Counts:
    return most_frequent(counts, wanted.values, frozenset(wanted.filters.get(name, ())))


def _of_all_documents(plan: Plan, wanted: Wanted) -> set[str]:
    """The facets that are counted over all documents: without words, those that no other facet narrows."""
    if plan.must or plan.must_not:
        return set()
    return {name for name in wanted.facets if not wanted.filters.keys() - {name}}
