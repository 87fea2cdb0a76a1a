"""P1: one search call with 5 facets, against Whoosh with its own facets and against tantivy used directly.

All sides hold the same made-up solutions and answer the same words in turn; each question's time is its
median over the rounds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import Any

import tantivy
from whoosh import fields, index
from whoosh.qparser import QueryParser

from benchmarks.synthetic import solutions
from catalog.changes.cursor import Cursor
from catalog.search import Document, Query, open_index

FACETS = ("topic", "licence", "status", "publisher", "state")
ROUNDS = 5
WHOOSH_LIMIT = 20_000  # records; beyond, building alone takes longer than anybody waits
Answer = Callable[[str], int]


def run(records: int = 10_000) -> list[dict[str, Any]]:
    """The row of P1 for so many records: up to WHOOSH_LIMIT against Whoosh, above against tantivy."""
    with tempfile.TemporaryDirectory() as folder:
        sides = {"ours": _ours(Path(folder), records)}
        if records <= WHOOSH_LIMIT:
            sides["whoosh"] = _whoosh(Path(folder), records)
        else:
            sides["tantivy"] = _tantivy(Path(folder), records)
        times = _measure(sides, questions(records))
    what = f"{records} solutions, page with 5 facets"
    if "whoosh" in times:
        return [_row(times, "whoosh", f"{what}: Whoosh with its own facets", at_least=100)]
    return [_row(times, "tantivy", f"{what}: tantivy used directly", at_most=3)]


def questions(records: int) -> list[str]:
    """Words as people search: some that half of the solutions have, some that few have, and pairs."""
    seen: dict[str, int] = {}
    for document in solutions(min(records, 1000)):
        for word in set(" ".join(document.text.values()).replace(".", "").split()):
            seen[word] = seen.get(word, 0) + 1
    known = sorted(
        (word for word in seen if len(word) > 5 and word.isalpha()), key=lambda word: (-seen[word], word)
    )
    common, middle = known[:12], [word for word in known if 5 <= seen[word] <= 40][::7][:24]
    return [*common, *middle, *(f"{one} {other}" for one, other in zip(common, middle, strict=False))]


def _measure(sides: dict[str, Answer], asked: list[str]) -> dict[str, list[float]]:
    """Seconds by side, one median for each question."""
    taken: dict[str, list[list[float]]] = {side: [[] for _ in asked] for side in sides}
    for _ in range(ROUNDS):
        for number, question in enumerate(asked):
            for side, answer in sides.items():
                start = time.perf_counter()
                answer(question)
                taken[side][number].append(time.perf_counter() - start)
    return {side: [statistics.median(times) for times in by_question] for side, by_question in taken.items()}


def _row(
    times: dict[str, list[float]], peer: str, what: str, *, at_least: float = 0, at_most: float = 0
) -> dict[str, Any]:
    """How often the peer's p95 ours is (`at_least`), or how many of the peer's ours is (`at_most`)."""
    ours, theirs = (statistics.quantiles(times[side], n=20)[-1] * 1000 for side in ("ours", peer))
    ratio = theirs / ours if at_least else ours / theirs
    return {
        "id": "P1",
        "what": f"{what}, p95 ms",
        "ours": round(ours, 3),
        "peer": round(theirs, 3),
        "ratio": round(ratio, 2),
        "goal": f">= {at_least:g}x" if at_least else f"<= {at_most:g}x",
        "met": ratio >= at_least if at_least else ratio <= at_most,
    }


def _ours(folder: Path, records: int) -> Answer:
    opened = open_index("tantivy", folder / "ours", write=True)
    opened.rebuild(solutions(records), Cursor("benchmark", 1))
    numbers = count()  # each question is one that nobody asked before, so that no kept answer is measured

    def answer(text: str) -> int:
        asked = f"{text} -qq{next(numbers)}"
        return opened.query(Query(text=asked, facets=FACETS, size=10, highlight=False)).total

    return answer


def _everything(document: Document) -> str:
    texts = [*document.name.values(), *document.summary.values(), *document.text.values(), document.publisher]
    return " ".join(
        [
            *texts,
            *chain.from_iterable(document.features.values()),
            *chain.from_iterable(document.keywords.values()),
        ]
    )


def _tantivy(folder: Path, records: int) -> Answer:
    """As the documentation of tantivy shows.

    One text field, facets as fast fields, top 10 with their ids and five terms aggregations.
    """
    builder = tantivy.SchemaBuilder().add_text_field("id", stored=True).add_text_field("all")
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    (folder / "tantivy").mkdir()
    opened = tantivy.Index(builder.build(), path=str(folder / "tantivy"))
    writer = opened.writer(64_000_000, 1)
    for document in solutions(records):
        codes = {name: list(document.facets.get(name, ())) for name in FACETS}
        writer.add_document(tantivy.Document(id=document.id, all=_everything(document), **codes))
    writer.commit()
    writer.wait_merging_threads()
    opened.reload()
    searcher = opened.searcher()
    counts = {name: {"terms": {"field": name, "size": 1000}} for name in FACETS}

    def answer(text: str) -> int:
        query = opened.parse_query(text, ["all"], conjunction_by_default=True)
        found = searcher.search(query, 10)
        searcher.aggregate(query, counts)
        return len([searcher.doc(address)["id"] for _, address in found.hits])

    return answer


def _whoosh(folder: Path, records: int) -> Answer:
    """As the documentation of Whoosh shows.

    One text field, facets as comma-separated keywords, groups that may overlap.
    """
    from whoosh.sorting import FieldFacet

    keyword = {name: fields.KEYWORD(commas=True, stored=True) for name in FACETS}
    schema = fields.Schema(id=fields.ID(stored=True), all=fields.TEXT, **keyword)
    (folder / "whoosh").mkdir()
    opened = index.create_in(str(folder / "whoosh"), schema)
    writer = opened.writer(limitmb=256)
    for document in solutions(records):
        codes = {name: ",".join(document.facets.get(name, ())) for name in FACETS}
        writer.add_document(id=document.id, all=_everything(document), **codes)
    writer.commit()
    searcher, parser = opened.searcher(), QueryParser("all", schema)

    def answer(text: str) -> int:
        groups = {name: FieldFacet(name, allow_overlap=True) for name in FACETS}
        found = searcher.search(parser.parse(text), limit=10, groupedby=groups)
        counted = [{code: len(hits) for code, hits in found.groups(name).items()} for name in FACETS]
        return len([hit["id"] for hit in found]) + len(counted)

    return answer


if __name__ == "__main__":
    for row in run():
        print(row)
