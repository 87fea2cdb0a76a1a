"""The one file that knows tantivy."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tantivy

from catalog.changes.cursor import START, Cursor
from catalog.search.engine import Counts, Found, Wanted
from catalog.search.engines import tantivy_facets
from catalog.search.engines.tantivy_documents import SCHEMA, TIES, document, identifier, nearly, order
from catalog.search.fields import Record
from catalog.search.plan import AllOf, BestOf, Node, Phrase, Plan, Term

_HEAP = 64_000_000  # bytes of terms held in memory before a segment is written
_SPARE = 20  # hits fetched beyond the page, to see whether equal scores reach over its end
_MUST = tantivy.Occur.Must
_NOT = tantivy.Occur.MustNot
_SHOULD = tantivy.Occur.Should
_NEVER_SCORED = 0.0
_LARGEST = 2**64 - 1
_FEW = 100  # hits before a page whose texts may be read


class Engine:
    """An index that tantivy keeps. Its commits replace meta.json at once, so that is looked at for news."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._meta = os.fspath(folder / "meta.json")

    def stamp(self) -> Hashable | None:
        """Something cheap that is another after every commit."""
        try:
            status = os.stat(self._meta)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def open(self) -> TantivySnapshot:
        """The newest commit."""
        index = self._opened(reuse=True)
        index.config_reader("manual", 0)
        index.reload()
        return TantivySnapshot(index.searcher())

    def _opened(self, *, reuse: bool) -> Any:
        index = tantivy.Index(SCHEMA, path=os.fspath(self._folder), reuse=reuse)
        index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        return index

    def write(self, records: Iterable[Record], remove: Iterable[str], cursor: Cursor, *, anew: bool) -> None:
        """Replace and remove (or, `anew`, drop all and add), in one commit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        writer = self._opened(reuse=True).writer(_HEAP, 1)
        try:
            # What a killed writer left: a list of deleted documents (.del) would be in the way of a new one.
            writer.garbage_collect_files()
            if anew:
                writer.delete_all_documents()
            for identifier in remove:
                writer.delete_documents_by_term("id", identifier)
            for record in records:
                writer.add_document(document(record))
            writer.delete_documents_by_query(_HAS_CURSOR)
            writer.add_document(tantivy.Document(cursor=[str(cursor), "*"]))
            writer.commit()
        finally:
            writer.wait_merging_threads()


# Plans as tantivy's queries


def _term(field: str, text: str, weight: float = 1.0) -> Any:
    query = tantivy.Query.term_query(SCHEMA, field, text, "basic" if weight == _NEVER_SCORED else "freq")
    return query if weight in (1.0, _NEVER_SCORED) else tantivy.Query.boost_query(query, weight)


_HAS_CURSOR = tantivy.Query.term_query(SCHEMA, "cursor", "*", "basic")
_EVERY = [(_MUST, tantivy.Query.all_query()), (_NOT, _HAS_CURSOR)]


def _node(node: Node) -> Any:
    if isinstance(node, Term):
        return _term(node.field, node.text, node.weight)
    if isinstance(node, Phrase):
        query = tantivy.Query.phrase_query(SCHEMA, "phrase", list(node.words))
        return query if node.weight == 1.0 else tantivy.Query.boost_query(query, node.weight)
    if isinstance(node, BestOf):
        return tantivy.Query.disjunction_max_query([_node(part) for part in node.parts])
    occur = _MUST if isinstance(node, AllOf) else _SHOULD
    return tantivy.Query.boolean_query([(occur, _node(part)) for part in node.parts])


def _between(sort: str, lowest: int, highest: int) -> Any:
    query = tantivy.Query.range_query(SCHEMA, nearly(sort), tantivy.FieldType.Unsigned, lowest, highest)
    return tantivy.Query.const_score_query(query, _NEVER_SCORED)


def _filter(name: str, codes: tuple[str, ...]) -> Any:
    query = tantivy.Query.term_set_query(SCHEMA, tantivy_facets.field(name), list(codes))
    return tantivy.Query.const_score_query(query, _NEVER_SCORED)


class TantivySnapshot:
    """One commit."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self._facets = tantivy_facets.FacetCounter(searcher)
        self.cursor = self._cursor()

    def _cursor(self) -> Cursor:
        for _, address in self._searcher.search(_HAS_CURSOR, 1, count=False).hits:
            return Cursor.read(self._searcher.doc(address)["cursor"][0])
        return START

    def ids(self) -> set[str]:
        """The ids of all documents."""
        every = tantivy.Query.boolean_query(_EVERY)
        hits = self._searcher.search(every, max(self._searcher.num_docs, 1), count=False).hits
        return {self._searcher.doc(address)["id"][0] for _, address in hits}

    def known(self, field: str, text: str) -> bool:
        """Whether any document has this term."""
        return bool(self._searcher.doc_freq(field, text))

    def surface(self, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        """The entries of the field `surface` that begin like this, with the number of their documents."""
        return list(self._searcher.terms_with_prefix("surface", prefix, limit=limit))

    def close(self) -> None:
        """Nothing to do: the files are let go with the last reference."""

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        """Answer: rank once, count once, and once more for each facet that is both filtered and counted."""
        match = [(_MUST, _node(node)) for node in plan.must] or list(_EVERY)
        match += [(_NOT, _node(node)) for node in plan.must_not]
        filters = {name: (_MUST, _filter(name, codes)) for name, codes in wanted.filters.items()}
        total, facets = self._counts(match, filters, wanted)
        hits: list[tuple[float, Any]] = []
        if total > wanted.start and wanted.size:
            query = [*match, *filters.values()]
            if wanted.sort == "relevance":
                hits = self._best(
                    query + [(_SHOULD, _node(term)) for term in plan.should], wanted.start, wanted.size
                )
            else:
                hits = self._ordered(query, wanted)
        stored = ((score, self._searcher.doc(address)) for score, address in hits)
        texts = tuple(
            (score, str(kept["id"][0]), bytes(kept["shown"][0]) if wanted.texts else b"")
            for score, kept in stored
        )
        return Found(total=total, hits=texts, facets=facets)

    def matching(self, plan: Plan, filters: Mapping[str, tuple[str, ...]]) -> set[str]:
        """The ids of all documents that `search` would find; no document is read for it."""
        query = [(_MUST, _node(node)) for node in plan.must] or list(_EVERY)
        query += [(_NOT, _node(node)) for node in plan.must_not]
        query += [(_MUST, _filter(name, codes)) for name, codes in filters.items()]
        every = tantivy.Query.const_score_query(tantivy.Query.boolean_query(query), 1.0)
        hits = self._searcher.search(every, max(self._searcher.num_docs, 1), count=False).hits
        addresses = [address for _, address in hits]
        ties = zip(*(self._searcher.fast_field_values(field, addresses) for field in TIES), strict=True)
        return {identifier(parts) for parts in ties}

    def _counts(
        self, match: list[Any], filters: dict[str, Any], wanted: Wanted
    ) -> tuple[int, dict[str, Counts]]:
        """The number of hits and the counts of each facet, without the filter of its own."""
        every = tantivy.Query.boolean_query([*match, *filters.values()])
        free = [name for name in wanted.facets if name not in filters]
        total, counts = self._facets.count(every, free, wanted)
        for name in wanted.facets:
            if name in filters:
                others = [query for other, query in filters.items() if other != name]
                without = tantivy.Query.boolean_query([*match, *others])
                counts[name] = self._facets.count(without, [name], wanted)[1][name]
        return total, {name: counts[name] for name in wanted.facets}

    def _ordered(self, query: list[Any], wanted: Wanted) -> list[tuple[float, Any]]:
        """The page by a key that no two documents share.

        By a text, tantivy reads those of all pages before this one. So numbers that come near tell between
        which two the page lies, and only what lies there is put in order by its text.
        """
        start = wanted.start
        if start > _FEW:
            lowest = self._near(query, wanted.sort, start)
            highest = self._near(query, wanted.sort, min(start + wanted.size, self._count(query)) - 1)
            start -= self._count([*query, (_NOT, _between(wanted.sort, lowest, _LARGEST))])
            query = [*query, (_MUST, _between(wanted.sort, lowest, highest))]
        field = order(wanted.sort)
        return [(0.0, address) for _, address in self._by(query, field, start, size=wanted.size)]

    def _near(self, query: list[Any], sort: str, place: int) -> int:
        """The number of the document at this place."""
        ((number, _),) = self._by(query, nearly(sort), place, size=1)
        return int(number)

    def _by(self, query: list[Any], field: str, start: int, *, size: int) -> list[tuple[Any, Any]]:
        every = tantivy.Query.boolean_query(query)
        ascending = tantivy.Order.Asc
        found = self._searcher.search(
            every, size, count=False, offset=start, order_by_field=field, order=ascending
        )
        return list(found.hits)

    def _count(self, query: list[Any]) -> int:
        return int(self._searcher.search(tantivy.Query.boolean_query(query), 1, count=True).count)

    def _best(self, query: list[Any], start: int, size: int) -> list[tuple[float, Any]]:
        """The page by score, equal scores by id; fetches on until the group it ends in is whole."""
        ranked = tantivy.Query.boolean_query(query)
        end = start + size
        limit = start + size + _SPARE
        while True:
            hits = self._searcher.search(ranked, limit, count=False).hits
            if len(hits) < limit or hits[end - 1][0] > hits[-1][0]:
                break
            limit *= 4
        scores = [score for score, _ in hits]
        if len(set(scores)) < len(scores):
            addresses = [address for _, address in hits]
            ties = zip(*(self._searcher.fast_field_values(field, addresses) for field in TIES), strict=True)
            order = sorted(zip((-score for score in scores), ties, range(len(hits)), strict=True))
            hits = [hits[number] for _, _, number in order]
        return list(hits[start:end])
