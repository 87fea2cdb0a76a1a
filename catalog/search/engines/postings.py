"""Plans answered by numpy, for an engine that only keeps postings: BM25, filters, facet counts, orders.

Knows no engine.

A node's answer is an array with one score for each document; 0 is no hit. Facets are int columns counted with
bincount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from catalog.search import FACETS
from catalog.search.engine import Counts, Wanted, most_frequent_first
from catalog.search.plan import AllOf, BestOf, Node, Phrase, Plan, Term

_K1, _B = 1.2, 0.75
Numbers = NDArray[np.int32]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What a column holds of each document. `lengths`: field -> number of its terms."""

    id: str = ""
    facets: dict[str, tuple[str, ...]] = {}
    by_name: str = ""
    by_recency: str = ""
    lengths: dict[str, int] = {}


class Postings(Protocol):
    """Where terms stand. Documents are numbers into the table, ascending."""

    def postings(self, field: str, text: str) -> tuple[Numbers, Scores]:
        """The documents with a term, and how often they have it."""
        ...

    def positions(self, field: str, text: str, documents: Numbers) -> list[list[int]]:
        """Where in each of these documents, all of which have it, the term stands."""
        ...


class Table:
    """The facts of all documents of a commit as columns. `deleted` are the numbers of those that are gone."""

    def __init__(self, facts: Sequence[Facts], deleted: Iterable[int]) -> None:
        self.facts = facts
        self.live: Mask = np.fromiter((bool(fact.id) for fact in facts), np.bool_, len(facts))
        self.live[list(deleted)] = False
        self._lengths: dict[str, tuple[Scores, float]] = {}

    def lengths(self, field: str) -> tuple[Scores, float]:
        """The number of terms in a field of each document, and their mean."""
        if field not in self._lengths:
            numbers = np.fromiter(
                (fact.lengths.get(field, 0) for fact in self.facts), np.float32, len(self.facts)
            )
            self._lengths[field] = numbers, float(numbers[self.live].mean()) if self.live.any() else 1.0
        return self._lengths[field]

    @cached_property
    def facets(self) -> dict[str, tuple[list[str], Numbers, Numbers]]:
        """Facet -> its codes, and pairs of a document's number and a code's."""
        found = {}
        for name in FACETS:
            pairs: list[tuple[int, str]] = []
            for number, fact in enumerate(self.facts):
                pairs += ((number, code) for code in fact.facets.get(name, ()))
            codes = sorted({code for _, code in pairs})
            place = {code: number for number, code in enumerate(codes)}
            documents = np.fromiter((number for number, _ in pairs), np.int32, len(pairs))
            found[name] = (
                codes,
                documents,
                np.fromiter((place[code] for _, code in pairs), np.int32, len(pairs)),
            )
        return found

    @cached_property
    def orders(self) -> dict[str, Numbers]:
        """Sort -> the rank of each document. "relevance" has the order of equal scores."""
        keys = {
            "relevance": [fact.id for fact in self.facts],
            "name": [fact.by_name for fact in self.facts],
            "recency": [fact.by_recency for fact in self.facts],
        }
        return {name: _ranks(values) for name, values in keys.items()}


def _ranks(keys: list[str]) -> Numbers:
    ranks = np.empty(len(keys), np.int32)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys), dtype=np.int32)
    return ranks


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """As `engine.Found`, with the numbers of the documents."""

    total: int
    hits: list[tuple[float, int]]
    facets: dict[str, Counts]


class Evaluation:
    """Answers plans over one table."""

    def __init__(self, table: Table, postings: Postings) -> None:
        self._table = table
        self._postings = postings
        self._size = len(table.facts)
        self._count = int(table.live.sum())

    def search(self, plan: Plan, wanted: Wanted) -> Answer:
        """The page and the counts."""
        scores, match = self._matched(plan)
        filters = {name: self._having(name, codes) for name, codes in wanted.filters.items()}
        hits = match.copy()
        for filtered in filters.values():
            hits &= filtered
        facets = {}
        for name in wanted.facets:
            facets[name] = self._counted(
                name, match, [mask for other, mask in filters.items() if other != name]
            )
        page = self._page(plan, wanted, hits, scores=scores)
        return Answer(total=int(hits.sum()), hits=page, facets=facets)

    def matching(self, plan: Plan, filters: Mapping[str, tuple[str, ...]]) -> list[int]:
        """The numbers of all documents that are found."""
        _, match = self._matched(plan)
        for name, codes in filters.items():
            match = match & self._having(name, codes)
        return [int(number) for number in np.flatnonzero(match)]

    def _matched(self, plan: Plan) -> tuple[Scores, Mask]:
        """The scores of the words; which documents have what must, and nothing of what must not be there."""
        scores = self._all_of(plan.must) if plan.must else np.ones(self._size, np.float32)
        match = self._table.live & (scores > 0)
        for node in plan.must_not:
            match &= self.scores(node) == 0
        return scores, match

    def _page(self, plan: Plan, wanted: Wanted, hits: Mask, *, scores: Scores) -> list[tuple[float, int]]:
        found = np.flatnonzero(hits)
        rank = self._table.orders[wanted.sort][found]
        end = wanted.start + wanted.size
        if wanted.sort != "relevance":
            return [(0.0, int(number)) for number in found[np.argsort(rank)][wanted.start : end]]
        for term in plan.should:
            scores = scores + self.scores(term)
        best = np.lexsort((rank, -scores[found]))[wanted.start : end]
        return [(float(scores[number]), int(number)) for number in found[best]]

    def _having(self, name: str, codes: tuple[str, ...]) -> Mask:
        """The documents with any of these codes."""
        known, documents, numbers = self._table.facets[name]
        chosen = np.array([code in codes for code in known], np.bool_)
        mask = np.zeros(self._size, np.bool_)
        if len(known):
            mask[documents[chosen[numbers]]] = True
        return mask

    def _counted(self, name: str, match: Mask, others: list[Mask]) -> Counts:
        for mask in others:
            match = match & mask
        codes, documents, numbers = self._table.facets[name]
        counts = np.bincount(numbers[match[documents]], minlength=len(codes))
        return most_frequent_first([pair for pair in zip(codes, counts.tolist(), strict=True) if pair[1]])

    # Nodes

    def scores(self, node: Node) -> Scores:
        """The score of each document, 0 for no hit."""
        if isinstance(node, Term):
            documents, frequencies = self._alive(*self._postings.postings(node.field, node.text))
            weight = node.weight * self._rarity(len(documents))
            return self._bm25(node.field, documents, frequencies, weight=weight)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, AllOf):
            return self._all_of(node.parts)
        total = np.zeros(self._size, np.float32)
        for part in node.parts:
            scores = self.scores(part)
            total = np.maximum(total, scores) if isinstance(node, BestOf) else total + scores
        return total

    def _all_of(self, parts: tuple[Node, ...]) -> Scores:
        total = np.zeros(self._size, np.float32)
        every = np.ones(self._size, np.bool_)
        for part in parts:
            scores = self.scores(part)
            total += scores
            every &= scores > 0
        return np.where(every, total, np.float32(0))

    def _alive(self, documents: Numbers, frequencies: Scores) -> tuple[Numbers, Scores]:
        live = self._table.live[documents]
        return documents[live], frequencies[live]

    def _rarity(self, having: int) -> float:
        return float(np.log(1 + (self._count - having + 0.5) / (having + 0.5)))

    def _bm25(self, field: str, documents: Numbers, frequencies: Scores, *, weight: float) -> Scores:
        lengths, mean = self._table.lengths(field)
        found = np.zeros(self._size, np.float32)
        norm = _K1 * (1 - _B + _B * lengths[documents] / max(mean, 1.0))
        found[documents] = weight * (_K1 + 1) * frequencies / (frequencies + norm)
        return found

    def _phrase(self, phrase: Phrase) -> Scores:
        """Documents in which the words stand one after the other."""
        lists = [self._alive(*self._postings.postings("phrase", word))[0] for word in phrase.words]
        common = lists[0]
        for documents in lists[1:]:
            common = np.intersect1d(common, documents, assume_unique=True)
        if not len(common):
            return np.zeros(self._size, np.float32)
        starts = [set(places) for places in self._postings.positions("phrase", phrase.words[0], common)]
        for offset, word in enumerate(phrase.words[1:], 1):
            places = self._postings.positions("phrase", word, common)
            starts = [
                first & {place - offset for place in here} for first, here in zip(starts, places, strict=True)
            ]
        frequencies = np.array([len(first) for first in starts], np.float32)
        weight = phrase.weight * sum(self._rarity(len(documents)) for documents in lists)
        return self._bm25("phrase", common, frequencies, weight=weight)
