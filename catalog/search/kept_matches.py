"""The ids of all that the last filters find, kept for one commit: portals read page by page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from catalog.search.engine import Nothing, Snapshot, Wanted
from catalog.search.plan import Plan

_MOST_IDS = 200_000  # of all answers together, some 30 MB
_MOST = 50  # answers

Key = tuple[Plan, tuple[tuple[str, tuple[str, ...]], ...]]


class KeptMatches:
    """Answers of one commit; the same object each time, so that what was made of it can be kept too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Snapshot = Nothing()
        self._answers = OrderedDict[Key, frozenset[str]]()

    def matching(
        self, snapshot: Snapshot, plan: Plan, wanted: Wanted, *, find: Callable[[], frozenset[str]]
    ) -> frozenset[str]:
        """What `find` finds in this commit for a plan and the filters that are wanted."""
        key = (plan, tuple(sorted(wanted.filters.items())))
        with self._lock:
            if self._of is not snapshot:
                self._of = snapshot
                self._answers.clear()
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        found = find()
        with self._lock:
            if self._of is snapshot:
                found = self._answers.setdefault(key, found)
                self._forget()
        return found

    def _forget(self) -> None:
        """Those asked for longest ago, until the rest is small enough."""
        ids = sum(map(len, self._answers.values()))
        while len(self._answers) > _MOST or (ids > _MOST_IDS and len(self._answers) > 1):
            ids -= len(self._answers.popitem(last=False)[1])
