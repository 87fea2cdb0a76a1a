"""Counts of facets, as tantivy's aggregations give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.search import MAX_VALUES_COUNTED
from catalog.search.engine import Counts, Wanted, most_frequent_first

_MORE_VALUES = 4  # times as many values of a facet are looked at as are wanted


def field(name: str) -> str:
    """The field of a facet."""
    return f"facet_{name}"


def asked(facets: Iterable[str], wanted: Wanted) -> dict[str, Any]:
    """What counts these facets: of each segment its most frequent values, some more than are wanted."""
    size = min(wanted.values * _MORE_VALUES, MAX_VALUES_COUNTED)
    return {name: {"terms": {"field": field(name), "size": size}} for name in facets}


def exact(searcher: Any, query: Any, name: str, *, answer: dict[str, Any], wanted: Wanted) -> Counts:
    """The counts of a facet.

    Of one with more values than were asked for, segments name their best, which are counted anew.
    """
    counts = _buckets(answer)
    if wanted.values >= MAX_VALUES_COUNTED or not answer["sum_other_doc_count"]:
        return counts
    codes = sorted({*(code for code, _ in counts), *wanted.filters.get(name, ())})
    terms = {"field": field(name), "size": len(codes), "include": codes}
    return _buckets(searcher.aggregate(query, {name: {"terms": terms}})[name])


def _buckets(answer: dict[str, Any]) -> Counts:
    return most_frequent_first([(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]])
