"""Counts of facets, as tantivy's aggregations give them.

A column with several values a document costs five times one with a single value. Most facets have few
combinations of values, so that a second column holds the whole combination as one value, and that is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from catalog.search import FACETS, MAX_VALUES_COUNTED
from catalog.search.engine import Counts, Wanted, most_frequent_first

# Not those with one value a document, nor categories: a catalogue has nearly as many combinations as entries.
COMBINED = tuple(name for name in FACETS if name not in {"publisher", "status", "life", "category"})
_MORE_VALUES = 4  # times as many values of a facet are looked at as are wanted
_MOST_COMBINATIONS = 2_000  # that are counted; of more, the values themselves
_BETWEEN = "\x1f"  # codes have no control characters
_TOO_LONG = _BETWEEN  # stands for a combination that is longer than a term may be
_LONGEST = 10_000  # letters of a combination; tantivy leaves out terms above 65,530 bytes


def field(name: str) -> str:
    """The field of a facet's values."""
    return f"facet_{name}"


def combined(name: str) -> str:
    """The field of the combinations of a facet's values."""
    return f"values_{name}"


def combination(codes: tuple[str, ...]) -> str:
    """The codes as one value."""
    joined = _BETWEEN.join(codes)
    return joined if len(joined) <= _LONGEST else _TOO_LONG


def count(searcher: Any, query: Any, names: Iterable[str], wanted: Wanted) -> dict[str, Counts]:
    """The counts of these facets over what the query finds, exact for the values that are wanted."""
    asked = {name: _combinations(name) if name in COMBINED else _values(name, wanted) for name in names}
    answers = searcher.aggregate(query, asked) if asked else {}
    split = {name: _split(answers[name]) for name in asked if name in COMBINED}
    many = [name for name, counts in split.items() if counts is None]
    if many:
        answers |= searcher.aggregate(query, {name: _values(name, wanted) for name in many})
    found = {}
    for name in asked:
        counts = split.get(name)
        found[name] = (
            _exact(searcher, query, name, answer=answers[name], wanted=wanted) if counts is None else counts
        )
    return found


def _combinations(name: str) -> dict[str, Any]:
    return {"terms": {"field": combined(name), "size": _MOST_COMBINATIONS}}


def _values(name: str, wanted: Wanted) -> dict[str, Any]:
    """Of each segment its most frequent values, some more than are wanted."""
    size = min(wanted.values * _MORE_VALUES, MAX_VALUES_COUNTED)
    return {"terms": {"field": field(name), "size": size}}


def _split(answer: dict[str, Any]) -> Counts | None:
    """The counts of the values in these combinations; None if there are more of them, or too long ones."""
    if answer["sum_other_doc_count"]:
        return None
    counts: Counter[str] = Counter()
    for bucket in answer["buckets"]:
        if bucket["key"] == _TOO_LONG:
            return None
        for code in bucket["key"].split(_BETWEEN):
            counts[code] += bucket["doc_count"]
    return most_frequent_first(list(counts.items()))


def _exact(searcher: Any, query: Any, name: str, *, answer: dict[str, Any], wanted: Wanted) -> Counts:
    """The counts of a facet by its values.

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
