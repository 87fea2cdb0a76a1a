"""What a search text says as a filter.

"EUPL" is a licence and "Sachsen" a state, and no description need have the word.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

from catalog.base.language import Translator
from catalog.search import Query, SearchIndex
from catalog.search.indexing import FACETS
from catalog.views import searching
from vocabularies import concepts

# Facets that people type. By code only where the code is a word one says: "it" means no country.
_TYPED = {"licence": True, "platform": True, "state": False, "country": False, "language": False}
_SHORTEST, _LONGEST = 3, 60
_NAMED = 3  # values named in one link

Link = tuple[str, str, str]  # (title of the facet, its values, address)


def filters(query: Query, index: SearchIndex, words: Translator) -> list[Link]:
    """Links to the filters a query's text means, only those with something behind them."""
    found = {
        facet: codes
        for facet in _TYPED
        if facet not in query.filters and (codes := _codes(facet, query.text))
    }
    if not found:
        return []
    counts = index.query(Query(size=0, facets=tuple(found), highlight=False)).facets
    links = []
    for facet, codes in found.items():
        there = [code for code, _ in counts.get(facet, ()) if code in codes]
        if there:
            labels = [concepts.label(FACETS[facet], code, words.language) for code in there[:_NAMED]]
            more = " …" if len(there) > _NAMED else ""
            address = searching.address("/solutions", [(facet, code) for code in there])
            links.append((words.gettext(searching.TITLES[facet]), words.join(labels) + more, address))
    return links


def _codes(facet: str, text: str) -> frozenset[str]:
    word = concepts.fold(text) if len(text) <= _LONGEST else ""
    if len(word) < _SHORTEST:
        return frozenset()
    exact = _spellings(facet).get(word, frozenset())
    if facet != "licence":
        return exact
    return exact.union(code for spelling, code in _families() if spelling.startswith(word))


@cache
def _spellings(facet: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for code, concept in concepts.scheme(FACETS[facet]).concepts.items():
        named = [*concept.labels.values(), *chain.from_iterable(concept.synonyms.values())]
        if _TYPED[facet]:
            named.append(code)
        for word in named:
            found.setdefault(concepts.fold(word), set()).add(code)
    return {word: frozenset(codes) for word, codes in found.items()}


@cache
def _families() -> tuple[tuple[str, str], ...]:
    """(folded code, code) of all licences: "GPL" means every version of it."""
    return tuple((concepts.fold(code), code) for code in concepts.scheme("licence").concepts)
