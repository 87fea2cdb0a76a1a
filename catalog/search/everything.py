"""The facets of all documents, counted once for each commit: every question without words asks for them."""

from __future__ import annotations

import threading

import msgspec

from catalog.search import FACETS
from catalog.search.engine import Counts, Found, Nothing, Snapshot, Wanted, most_frequent
from catalog.search.plan import Plan

_COUNTED = Wanted(filters={}, facets=FACETS, sort="name", start=0, size=0)


class Everything:
    """The counts of one commit, made when they are first needed.

    They belong to the snapshot itself, so they are never old.
    """

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._of: Snapshot = Nothing()
        self._counts: dict[str, Counts] = dict.fromkeys(FACETS, ())

    def search(self, snapshot: Snapshot, plan: Plan, wanted: Wanted) -> Found:
        """What `snapshot.search` answers, with no more values than wanted; all documents are counted once."""
        known = _of_all_documents(plan, wanted)
        counts = self.counts(snapshot) if known else {}
        others = tuple(name for name in wanted.facets if name not in known)
        found = snapshot.search(plan, msgspec.structs.replace(wanted, facets=others))
        facets = {}
        for name in wanted.facets:
            chosen = frozenset(wanted.filters.get(name, ()))
            every = counts[name] if name in known else found.facets[name]
            facets[name] = most_frequent(every, wanted.values, chosen)
        return msgspec.structs.replace(found, facets=facets)

    def counts(self, snapshot: Snapshot) -> dict[str, Counts]:
        """Facet -> how many documents have each of its values, the most frequent first."""
        with self._making:
            if self._of is not snapshot:
                self._counts = snapshot.search(Plan(), _COUNTED).facets
                self._of = snapshot
            return self._counts


def _of_all_documents(plan: Plan, wanted: Wanted) -> set[str]:
    """The facets that are counted over all documents: without words, those that no other facet narrows."""
    if plan.must or plan.must_not:
        return set()
    return {name for name in wanted.facets if not wanted.filters.keys() - {name}}
