"""The search index behind the seam: the newest commit of an engine; broken ones are set aside."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from catalog.base import passing_faults
from catalog.base.errors import IndexBusy, IndexMissing, QueryRefused
from catalog.changes.cursor import START, Cursor
from catalog.search import Document, Hit, IndexLost, Query, Results, parallel
from catalog.search.analysis import clean, variants
from catalog.search.engine import Engine, Found, Nothing, Snapshot, Wanted
from catalog.search.fields import record, shown
from catalog.search.highlight import Marker
from catalog.search.kept_counts import KeptCounts
from catalog.search.kept_matches import KeptMatches
from catalog.search.limits import wanted_by
from catalog.search.parser import Parsed, parse
from catalog.search.plan import AnyOf, BestOf, Plan, Planner
from catalog.search.storage import Storage
from catalog.search.suggest import Completions, Vocabulary

_LOG = logging.getLogger("allmende.search")
_TRIES = 5  # a commit may remove files that are just being opened
T = TypeVar("T")


class Index:
    """The SearchIndex that opens an engine's newest commit and sets broken ones aside."""

    def __init__(
        self,
        make: Callable[[Path], Engine],
        root: Path,
        *,
        write: bool,
        engine: str,
        synonyms: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._storage = Storage(root, engine)
        self._engine = make(self._storage.folder)
        self._write = write
        self._planner = Planner(synonyms)
        self._opening = threading.Lock()
        self._stamp: Hashable | None = None
        self._snapshot: Snapshot = Nothing()
        self._vocabulary = Vocabulary()
        self._counts = KeptCounts()
        self._matches = KeptMatches()
        self._completions = Completions()
        self._seen: Cursor = START
        self._current()

    # Reading

    @property
    def cursor(self) -> Cursor:
        """Up to where the index has followed the change log."""
        self._seen = self._ask(lambda snapshot: snapshot.cursor, START)
        return self._seen

    def ids(self) -> set[str]:
        """The ids of all documents."""
        return self._ask(lambda snapshot: snapshot.ids(), set())

    def query(self, query: Query) -> Results:
        """Answer, from the newest commit. Raises QueryRefused, nothing else."""
        wanted = wanted_by(query)
        parsed = parse(query.text)
        plan = self._planner.plan(parsed)
        if not plan.must and wanted.sort == "relevance":
            wanted = wanted_by(query, sort="recency")
        nothing = Results(facets=dict.fromkeys(query.facets, ()), answered=False)
        return self._ask(
            lambda snapshot: self._results(snapshot, query, parsed, plan=plan, wanted=wanted), nothing
        )

    def _results(
        self, snapshot: Snapshot, query: Query, parsed: Parsed, *, plan: Plan, wanted: Wanted
    ) -> Results:
        found = self._counts.search(snapshot, plan, wanted)
        there = not isinstance(snapshot, Nothing)
        if not there:
            passing_faults.note()
        less = plan.relaxed() if not found.total and _finds_nothing(snapshot, plan, wanted) else None
        if less:
            found = snapshot.search(less, wanted)
        marker = Marker(plan, query.language) if query.highlight else None
        every = found.total > 0 and not less  # then no word is unknown
        return Results(
            answered=there,
            total=found.total,
            hits=_hits(found, marker),
            facets=found.facets,
            relaxed=less is not None and found.total > 0,
            apart=every and _only_in_parts(snapshot, parsed, plan),
            suggestion="" if every else self._vocabulary.mended(parsed, plan, snapshot),
            terms=tuple(item.typed for item in parsed.wanted),
            ignored=parsed.ignored,
        )

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all that a query finds, however many. Raises QueryRefused, IndexMissing."""
        wanted = wanted_by(query)
        plan = self._planner.plan(parse(query.text))
        found = self._ask(lambda snapshot: self._matching(snapshot, plan, wanted), None)
        if found is None:
            raise IndexMissing
        return found

    def _matching(self, snapshot: Snapshot, plan: Plan, wanted: Wanted) -> frozenset[str] | None:
        """None of an index that is not there."""
        if isinstance(snapshot, Nothing):
            return None
        return self._matches.matching(snapshot, plan, wanted, find=lambda: _all_found(snapshot, plan, wanted))

    def complete(self, prefix: str, language: str, limit: int = 10) -> tuple[str, ...]:
        """Names, then words, that begin like this; as they are written in the documents."""
        typed = clean(prefix[:100])
        return self._ask(lambda now: self._completions.complete(now, typed, language, limit=limit), ())

    # Writing

    def apply(self, replace: Iterable[Document], remove: Iterable[str], cursor: Cursor) -> None:
        """Replace and remove documents and move the cursor, in one commit."""
        replaced = {document.id: document for document in replace}
        gone = {*remove, *replaced}
        records = [record(document) for document in replaced.values() if document.listed]
        before = self._seen
        with self._writing():
            if self._current().cursor == START and before != START:
                self._seen = START
                raise IndexLost("the search index has vanished or was broken; it must be rebuilt")
            self._engine.write(records, sorted(gone), cursor, anew=False)
        self._seen = cursor

    def rebuild(self, documents: Iterable[Document], cursor: Cursor) -> None:
        """Begin anew with these documents, in one commit."""
        with self._writing():
            listed = (document for document in documents if document.listed)
            self._engine.write(parallel.records(listed), (), cursor, anew=True)
            self._storage.tidy()
        self._seen = cursor

    def close(self) -> None:
        """Let go of the files."""
        with self._opening:
            self._snapshot.close()
            self._snapshot = Nothing()
            self._stamp = None

    def _writing(self) -> AbstractContextManager[None]:
        if not self._write:
            raise RuntimeError("this index was opened for reading only")
        self._current()  # sets a broken one aside, for which the lock must be free
        return self._storage.lock()

    # The newest commit

    def _ask(self, ask: Callable[[Snapshot], T], otherwise: T) -> T:
        """Ask the newest commit; `otherwise` if that fails."""
        try:
            return ask(self._current())
        except QueryRefused:
            raise
        except BaseException as error:
            if not _fault(error):
                raise
            _LOG.exception("the search index failed to answer")
            self._examine()
            passing_faults.note()
            return otherwise

    def _current(self) -> Snapshot:
        """The newest commit, opened if it is another than the last time: one look at a file."""
        if self._engine.stamp() == self._stamp:
            return self._snapshot
        with self._opening:
            for _ in range(_TRIES):
                stamp = self._engine.stamp()
                if stamp == self._stamp:
                    return self._snapshot
                try:
                    opened: Snapshot = Nothing() if stamp is None else self._engine.open()
                except BaseException as error:
                    if not _fault(error):
                        raise
                    failure = error
                    continue
                self._snapshot = opened
                self._stamp = stamp
                return opened
            self._snapshot = self._last_try(failure)
            self._stamp = self._engine.stamp()
            return self._snapshot

    def _examine(self) -> None:
        """After a failure: the next question opens the commit again and finds out whether it is broken."""
        with self._opening:
            self._snapshot = Nothing()
            self._stamp = None

    def _last_try(self, failure: BaseException) -> Snapshot:
        """Open while nobody writes; what is broken even then is moved aside."""
        if not self._write:
            _LOG.warning("the search index cannot be read: %s", failure)
            return Nothing()
        try:
            with self._storage.lock(0):
                try:
                    return self._engine.open()
                except BaseException as error:
                    if not _fault(error):
                        raise
                    self._storage.move_aside()
        except IndexBusy:
            _LOG.warning("the search index cannot be read while another process writes: %s", failure)
        return Nothing()


def _fault(error: BaseException) -> bool:
    """Whether it is the index's. A panic (pyo3) is no `Exception`, and cannot be imported to be named."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _all_found(snapshot: Snapshot, plan: Plan, wanted: Wanted) -> frozenset[str]:
    found = snapshot.matching(plan, wanted.filters)
    less = plan.relaxed() if not found and _finds_nothing(snapshot, plan, wanted) else None
    return frozenset(snapshot.matching(less, wanted.filters) if less else found)


def _only_in_parts(snapshot: Snapshot, parsed: Parsed, plan: Plan) -> bool:
    """Whether the query is one compound that no document has, so that all hits have only its parts."""
    if len(parsed.wanted) != 1 or len(parsed.wanted[0].words) != 1 or not plan.parts:
        return False
    first = plan.must[0]
    word = parsed.wanted[0].words[0]
    by_synonym = isinstance(first, AnyOf) and any(isinstance(part, BestOf) for part in first.parts)
    return not by_synonym and not any(snapshot.known("all", term) for term in variants(word))


def _finds_nothing(snapshot: Snapshot, plan: Plan, wanted: Wanted) -> bool:
    """Whether it is the words that find nothing, and not the filters."""
    if not wanted.filters:
        return True
    return not snapshot.search(plan, Wanted(filters={}, facets=(), sort="name", start=0, size=0)).total


def _hits(found: Found, marker: Marker | None) -> tuple[Hit, ...]:
    if not marker:
        return tuple(Hit(id=identifier, score=score) for score, identifier, _ in found.hits)
    return tuple(
        Hit(id=identifier, score=score, snippets=marker.snippets(shown(stored)))
        for score, identifier, stored in found.hits
    )
