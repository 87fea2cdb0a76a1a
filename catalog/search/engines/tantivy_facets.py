"""Counts of facets, as tantivy's aggregations give them.

Each column that is counted costs a look at every hit, and one with several values a document five times that.
So facets with few values stand together in columns of their own, in which a document has one value: the whole
combination. Its counts are those of the facets, once they are taken apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from catalog.search import MAX_VALUES_COUNTED
from catalog.search.engine import Counts, Wanted, most_frequent_first

# Publishers and categories have too many values to be combined.
GROUPS = {
    "values_origin": ("life", "country", "state", "programme"),
    "values_kind": ("status", "kind", "language"),
    "values_terms": ("licence", "platform"),
    "values_topic": ("topic",),
}
_GROUP_OF = dict(chain.from_iterable(zip(names, repeat(group)) for group, names in GROUPS.items()))
_MORE_VALUES = 4  # times as many values of a facet are looked at as are wanted
_FEW = 20_000  # documents of which values are counted sooner than combinations are taken apart
_TOTAL = {"total": {"value_count": {"field": "id0"}}}
_MOST_COMBINATIONS = 1_000  # that are counted; of more, the values themselves
_BETWEEN, _NEXT = "\x1f", "\x1e"  # between codes, between facets: codes have no control characters
_TOO_LONG = _BETWEEN  # stands for a combination that is longer than a term may be
_LONGEST = 10_000  # letters of a combination; tantivy leaves out terms above 65,530 bytes


def field(name: str) -> str:
    """The field of a facet's values."""
    return f"facet_{name}"


def combination(group: str, facets: Mapping[str, tuple[str, ...]]) -> str:
    """What a document has of the facets of a group, as one value; "" if it has nothing."""
    codes = [_BETWEEN.join(facets.get(name, ())) for name in GROUPS[group]]
    if not any(codes):
        return ""
    joined = _NEXT.join(codes)
    return joined if len(joined) <= _LONGEST else _TOO_LONG


class FacetCounter:
    """Counts facets in one commit, and remembers which groups have too many combinations there."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self._varied: set[str] = set()

    def count(self, query: Any, names: Sequence[str], wanted: Wanted) -> tuple[int, dict[str, Counts]]:
        """How many documents the query finds, and the counts of these facets."""
        few = self._searcher.num_docs < _FEW
        asked = {name: _values(name, wanted) for name in names} if few else {}
        answers = self._searcher.aggregate(query, _TOTAL | asked)
        total = int(answers["total"]["value"])
        if few:
            return total, {name: self._exact(query, name, answers[name], wanted=wanted) for name in names}
        return total, self._counts(query, names, wanted, in_groups=total >= _FEW)

    def _counts(
        self, query: Any, names: Sequence[str], wanted: Wanted, *, in_groups: bool
    ) -> dict[str, Counts]:
        groups = {_GROUP_OF[name] for name in names if in_groups and name in _GROUP_OF} - self._varied
        single = [name for name in names if _GROUP_OF.get(name) not in groups]
        asked = {group: _combinations(group) for group in groups}
        asked |= {name: _values(name, wanted) for name in single}
        answers = self._searcher.aggregate(query, asked) if asked else {}
        found: dict[str, Counts] = {}
        for group in groups:
            taken_apart = _apart(group, answers[group])
            if taken_apart is None:
                self._varied.add(group)
                members = [name for name in names if name in GROUPS[group]]
                found |= self._counts(query, members, wanted, in_groups=False)
            else:
                found |= taken_apart
        return found | {name: self._exact(query, name, answers[name], wanted=wanted) for name in single}

    def _exact(self, query: Any, name: str, answer: dict[str, Any], *, wanted: Wanted) -> Counts:
        """The counts of a facet by its values.

        Of one with more values than were asked for, segments name their best, which are counted anew.
        """
        counts = _buckets(answer)
        if wanted.values >= MAX_VALUES_COUNTED or not answer["sum_other_doc_count"]:
            return counts
        codes = sorted({*(code for code, _ in counts), *wanted.filters.get(name, ())})
        terms = {"field": field(name), "size": len(codes), "include": codes}
        return _buckets(self._searcher.aggregate(query, {name: {"terms": terms}})[name])


def _combinations(group: str) -> dict[str, Any]:
    size = _MOST_COMBINATIONS
    return {"terms": {"field": group, "size": size, "segment_size": size}}


def _values(name: str, wanted: Wanted) -> dict[str, Any]:
    """Of each segment its most frequent values, some more than are wanted."""
    size = min(wanted.values * _MORE_VALUES, MAX_VALUES_COUNTED)
    return {"terms": {"field": field(name), "size": size, "segment_size": size}}


def _apart(group: str, answer: dict[str, Any]) -> dict[str, Counts] | None:
    """The counts of each facet of a group; None if it has more combinations, or too long ones."""
    if answer["sum_other_doc_count"] or any(bucket["key"] == _TOO_LONG for bucket in answer["buckets"]):
        return None
    counts: dict[str, Counter[str]] = {name: Counter() for name in GROUPS[group]}
    for bucket in answer["buckets"]:
        for name, codes in zip(GROUPS[group], bucket["key"].split(_NEXT), strict=True):
            if codes:
                _add(counts[name], codes.split(_BETWEEN), bucket["doc_count"])
    return {name: most_frequent_first(list(found.items())) for name, found in counts.items()}


def _add(counts: Counter[str], codes: list[str], number: int) -> None:
    for code in codes:
        counts[code] += number


def _buckets(answer: dict[str, Any]) -> Counts:
    return most_frequent_first([(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]])
