"""What of a query is answered: its filters, facets, order and page within the limits, or a refusal."""

from __future__ import annotations

from catalog.base.errors import QueryRefused
from catalog.search import FACETS, MAX_REACH, MAX_SIZE, MAX_VALUES, SORTS, Query
from catalog.search.analysis import clean
from catalog.search.engine import Wanted


def wanted_by(query: Query, sort: str = "") -> Wanted:
    """What a query wants of the documents its words find. Raises QueryRefused."""
    for name in (*query.filters, *query.facets):
        if name not in FACETS:
            raise QueryRefused("unknown-facet", facet=name)
    if query.sort not in SORTS:
        raise QueryRefused("unknown-sort", sort=query.sort)
    count = sum(len(codes) for codes in query.filters.values())
    if count > MAX_VALUES:
        raise QueryRefused("too-many-values", count=count, limit=MAX_VALUES)
    size = min(max(query.size, 0), MAX_SIZE)
    page = max(query.page, 1)
    if page > 1 and page * size > MAX_REACH:
        raise QueryRefused("too-far", limit=MAX_REACH)
    filters = {
        name: tuple(sorted({clean(code) for code in codes})) for name, codes in query.filters.items() if codes
    }
    return Wanted(
        filters=filters,
        facets=tuple(dict.fromkeys(query.facets)),
        sort=sort or query.sort,
        start=(page - 1) * size,
        size=size,
        texts=query.highlight,
        values=query.values,
    )
