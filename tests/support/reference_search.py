"""The search in its plainest form, to hold the engines to: sets of documents, no index, no scores.

Slow and obvious.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from catalog.search import Document, Query
from catalog.search.fields import Record, record
from catalog.search.parser import parse
from catalog.search.plan import AllOf, Node, Phrase, Plan, Planner, Term


def having(plan: Plan, records: Iterable[Record]) -> set[str]:
    """The ids of the records that a plan finds."""
    return {
        one.id
        for one in records
        if all(_is_hit(node, one) for node in plan.must)
        and not any(_is_hit(node, one) for node in plan.must_not)
    }


def _is_hit(node: Node, one: Record) -> bool:
    if isinstance(node, Term):
        return node.text in _terms(one.phrase if node.field == "phrase" else one.bags[node.field])
    if isinstance(node, Phrase):
        size, phrase = len(node.words), _terms(one.phrase)
        return any(phrase[place : place + size] == node.words for place in range(len(phrase)))
    every = all if isinstance(node, AllOf) else any
    return every(_is_hit(part, one) for part in node.parts)


@lru_cache(10_000)
def _terms(joined: str) -> tuple[str, ...]:
    return tuple(joined.split())


class Reference:
    """A catalogue as a dictionary."""

    def __init__(self, synonyms: Mapping[str, tuple[str, ...]]) -> None:
        self.documents: dict[str, Document] = {}
        self._planner = Planner(synonyms)

    def ids(self, query: Query) -> set[str]:
        """What a query finds."""
        plan = self._planner.plan(parse(query.text))
        records = [record(document) for document in self.documents.values()]
        if not having(plan, records):
            plan = plan.relaxed() or plan
        return {found for found in having(plan, records) if self._passes(found, query.filters)}

    def facets(self, query: Query) -> dict[str, tuple[tuple[str, int], ...]]:
        """The counts of each facet asked for: as if it had no filter of its own."""
        counted = {}
        for name in query.facets:
            free = Query(
                text=query.text,
                filters={other: codes for other, codes in query.filters.items() if other != name},
            )
            counts = Counter[str]()
            for found in self.ids(free):
                counts.update(set(self.documents[found].facets.get(name, ())))
            counted[name] = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
        return counted

    def _passes(self, found: str, filters: dict[str, tuple[str, ...]]) -> bool:
        facets = self.documents[found].facets
        return all(set(codes) & set(facets.get(name, ())) for name, codes in filters.items() if codes)
