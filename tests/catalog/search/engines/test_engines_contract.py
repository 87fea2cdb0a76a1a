"""What every engine promises.

The hits and counts of the plain reference, whatever was put in, replaced and removed before.
"""

from __future__ import annotations

import random
import tempfile
import threading
from itertools import chain
from operator import attrgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.base.errors import IndexMissing, QueryRefused
from catalog.changes.cursor import START, Cursor
from catalog.search import Document, Query, SearchIndex, open_index
from catalog.search.fields import record, title
from catalog.search.parser import parse
from tests.catalog.search.conftest import Search, found
from tests.support.invented_solutions import SOLUTIONS, SYNONYMS
from tests.support.reference_search import Reference

WORDS = """
Mängelmelder Melder Mangel Straße Straßenbaum Baum Bäume Sensor sensors Stadt city data Daten Datenplattform
Open-Data open OpenData und the Termin Terminvergabe NGSI-LD ngsi ld C++ .NET 2024 ä ae Bürger*innen Bürgerin
e.V. smart parking Parkraummanagement
""".split()
FACETS = ("topic", "licence", "platform")


def possible(text: str) -> bool:
    """Not more words than may be asked for; that sentence has tests of its own."""
    try:
        parse(text)
    except QueryRefused:
        return False
    return True


texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
by_language = st.dictionaries(st.sampled_from(["de", "en", "fr", "und"]), texts, max_size=2)
codes = st.lists(st.sampled_from("abcde"), max_size=3).map(tuple)
documents = st.builds(
    Document,
    id=st.sampled_from([f"id{number}" for number in range(8)]),
    name=by_language,
    alternative=by_language,
    summary=by_language,
    text=by_language,
    words=st.dictionaries(st.sampled_from(["de", "en"]), st.tuples(texts), max_size=1),
    keywords=st.dictionaries(st.just("de"), st.tuples(texts), max_size=1),
    publisher=texts,
    listed=st.sampled_from([True, True, True, False]),
    facets=st.fixed_dictionaries(dict.fromkeys(FACETS, codes)),
    modified=st.sampled_from(["", "2024-01-01", "2025-06-01T12:00:00.000Z"]),
)
typed = st.one_of(
    texts,
    st.lists(st.tuples(st.sampled_from(["", "", "-", '"']), texts), max_size=3).map(
        lambda parts: " ".join(f'"{text}"' if sign == '"' else sign + text for sign, text in parts)
    ),
).filter(possible)
queries = st.builds(
    Query,
    text=typed,
    facets=st.sampled_from([(), FACETS]),
    sort=st.sampled_from(["relevance", "recency", "name"]),
    size=st.just(100),
    filters=st.dictionaries(
        st.sampled_from(FACETS), st.lists(st.sampled_from("abcdez"), max_size=2).map(tuple), max_size=2
    ),
)
steps = st.lists(
    st.tuples(
        st.booleans(), st.lists(documents, max_size=4), st.lists(st.sampled_from(["id1", "id5"]), max_size=1)
    ),
    max_size=4,
)


@settings(max_examples=settings().max_examples // 3)  # each makes several commits
@given(steps=steps, asked=st.lists(queries, min_size=1, max_size=6))
def test_engines_find_and_count_what_the_reference_does(
    engine: str, steps: list[tuple[bool, list[Document], list[str]]], asked: list[Query]
) -> None:
    reference = Reference(SYNONYMS)
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(engine, Path(folder), write=True, synonyms=SYNONYMS)
        for number, (anew, replaced, removed) in enumerate(steps, 1):
            if anew:
                reference.documents = {}
                distinct = {document.id: document for document in replaced}
                index.rebuild(distinct.values(), Cursor("e", number))
            else:
                index.apply(replaced, removed, Cursor("e", number))
                for gone in removed:
                    reference.documents.pop(gone, None)
            for document in replaced:
                reference.documents.pop(document.id, None)
                if document.listed:
                    reference.documents[document.id] = document
        assert index.cursor == (Cursor("e", len(steps)) if steps else START)
        assert index.ids() == reference.documents.keys()
        for query in asked:
            results = index.query(query)
            assert set(found(results)) == reference.ids(query), query.text
            assert results.total == len(results.hits)
            assert results.facets == reference.facets(query), query.text
        index.close()


def test_a_word_and_its_exclusion_part_the_hits(search: Search) -> None:
    for word in ("Müll", "sensors", "Bürger", "C++", '"wilden Müll"', "NGSI-LD"):
        every = set(found(search("", size=100)))
        with_it, without = set(found(search(word, size=100))), set(found(search("-" + word, size=100)))
        assert with_it | without == every
        assert with_it
    assert not search("Bäume -Bäume").total


def test_pages_join_to_the_whole(search: Search) -> None:
    for text, sort in (
        ("stadt", "relevance"),
        ("", "relevance"),
        ("", "name"),
        ("bürger daten müll", "recency"),
    ):
        whole = found(search(text, sort=sort, size=100))
        pages = [found(search(text, sort=sort, size=3, page=page)) for page in range(1, 15)]
        assert list(chain.from_iterable(pages)) == whole
        assert not found(search(text, sort=sort, size=3, page=100))


@pytest.mark.parametrize("text", ["", "stadt", "bürger daten müll", "stadt -müll", "Nirgendwo stadt", "qqqq"])
@pytest.mark.parametrize("filters", [{}, {"topic": ("mobility", "energy")}])
def test_all_that_is_found_is_found_at_once(
    golden: SearchIndex, search: Search, text: str, filters: dict[str, tuple[str, ...]]
) -> None:
    """However many they are: no page, no reach."""
    assert len(SOLUTIONS) <= 100
    found_by_page = set(found(search(text, filters=filters, sort="name", size=100)))
    assert golden.matching(Query(text=text, filters=filters)) == found_by_page


def test_all_of_an_index_that_is_not_there_is_no_answer(engine: str, tmp_path: Path) -> None:
    missing = open_index(engine, tmp_path / "index", write=True)
    assert not missing.query(Query()).total
    with pytest.raises(IndexMissing):
        missing.matching(Query())
    missing.close()


def test_orders(search: Search) -> None:
    by_id = {solution.id: solution for solution in SOLUTIONS}
    by_name = [
        title(next(iter(by_id[one].name.values()))) for one in found(search("", sort="name", size=100))
    ]
    assert by_name == sorted(by_name)
    assert len(by_name) == len(SOLUTIONS)
    for results in (search("", sort="recency", size=100), search("", size=100), search("-Müll", size=100)):
        dates = [by_id[one].modified for one in found(results)]
        assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("sort", ["name", "recency"])
@pytest.mark.parametrize("text", ["", "anwendung"])
def test_a_late_page_is_in_the_same_order(index: SearchIndex, sort: str, text: str) -> None:
    """Names with one beginning, in other scripts and none; days with many, dates of many kinds and none."""
    chance = random.Random(5)
    names = ("Smart City App", "Smart City App 2", "Öffentlicher Raum", "Ωmega", "漢字", "", "𐍈otisch")
    dates = ("2026-01-01", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00.123456+00:00", "2025", "", "later")
    documents = [
        Document(
            id=f"id{number:03}",
            name={"de": chance.choice(names)},
            modified=chance.choice((*dates, f"2026-01-{1 + number % 28:02}T00:00:07.{number:03}Z")),
            summary={"de": "Eine Anwendung" if number % 3 else "Etwas"},
        )
        for number in range(420)
    ]
    index.rebuild(documents[:300], Cursor("e", 1))
    index.apply(documents[300:], (), Cursor("e", 2))
    size, pages = 9, 60
    found_pages = [index.query(Query(text=text, sort=sort, size=size, page=page)) for page in range(1, pages)]
    listed = [hit.id for hit in chain.from_iterable(page.hits for page in found_pages)]
    records = [record(one) for one in documents if not text or "Anwendung" in one.summary["de"]]
    key = attrgetter(f"by_{sort}")
    assert listed == [one.id for one in sorted(records, key=lambda one: key(one).encode())]


def test_equal_scores_are_ordered_by_id(index: SearchIndex) -> None:
    """Also where the page ends within a long row of them, and when they lie in several segments."""
    ids = [f"{number:03d}" for number in range(150)]
    for part in (ids[50:100], ids[:50], ids[100:]):
        index.apply([Document(id=one, name={"de": "Gleich"}) for one in reversed(part)], (), Cursor("e", 1))
    assert found(index.query(Query(text="gleich", size=20, page=4))) == ids[60:80]


def test_several_filters_of_one_facet_widen_and_others_narrow(search: Search) -> None:
    umwelt, daten = search(filters={"topic": ("umwelt",)}).total, search(filters={"topic": ("daten",)}).total
    both = search(filters={"topic": ("umwelt", "daten")}, facets=("topic", "kind"))
    assert both.total == umwelt + daten
    assert dict(both.facets["topic"])["verkehr"] > 0
    assert sum(dict(both.facets["kind"]).values()) == both.total
    narrowed = search(filters={"topic": ("umwelt", "daten"), "kind": ("iot",)}, facets=("topic", "kind"))
    assert 0 < narrowed.total < both.total
    assert narrowed.facets["kind"] == both.facets["kind"]
    assert dict(narrowed.facets["topic"])["umwelt"] < dict(both.facets["topic"])["umwelt"]


def test_some_words_are_better_than_nothing(search: Search) -> None:
    results = search("Kitaplätze Weltraumbahnhof")
    assert results.relaxed
    assert found(results) == ["S021"]
    assert not search("Kitaplätze vormerken").relaxed
    parts = search("Weltraumkita-Bäume")
    assert parts.relaxed
    assert found(parts)[:1] == ["S005"]
    filtered = search("Kitaplätze vormerken", filters={"topic": ("umwelt",)})
    assert filtered.total == 0, "a filter that leaves nothing over is no reason to drop words"
    assert not filtered.relaxed


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("Baumkarte", True),
        ("Kitaplätze", False),
        ("Mängelmelder", False),
        ("Sensordaten", False),
        ("Baum", False),
        ("Baumkarte Stadt", False),
    ],
)
def test_a_compound_that_nobody_has_is_told_from_one_that_is_there(
    search: Search, text: str, apart: bool
) -> None:
    results = search(text)
    assert results.total > 0
    assert results.apart == apart
    assert not (results.apart and results.relaxed)


def test_stop_words_alone_still_find(search: Search) -> None:
    assert search("und").total > 5
    assert search("the").total > 0
    results = search("der Baum und die Stadt")
    assert results.terms == ("Baum", "Stadt")
    assert results.ignored == ("der", "und", "die")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (Query(text="a" * 257), "too-long"),
        (Query(text=" ".join(f"wort{number}" for number in range(17))), "too-many-terms"),
        (Query(filters={"topic": tuple(str(number) for number in range(101))}), "too-many-values"),
        (Query(page=501, size=20), "too-far"),
        (Query(filters={"colour": ("red",)}), "unknown-facet"),
        (Query(facets=("{0}",)), "unknown-facet"),
        (Query(sort="price"), "unknown-sort"),
    ],
)
def test_refusals_have_a_sentence(golden: SearchIndex, query: Query, code: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        golden.query(query)
    assert refused.value.code == code
    assert str(refused.value)


def test_limits_are_reached_before_they_refuse(search: Search) -> None:
    assert search("müll " * 51).total
    assert search(" ".join(f"wort{number}" for number in range(16))).total == 0
    assert search(page=500, size=20).total == len(SOLUTIONS)


def test_other_processes_see_a_commit_at_once(engine: str, tmp_path: Path) -> None:
    writer, reader = open_index(engine, tmp_path, write=True), open_index(engine, tmp_path, write=False)
    assert reader.query(Query(text="baum")).total == 0
    for number in range(1, 12):
        writer.apply([Document(id=str(number), name={"de": "Baum"})], (), Cursor("e", number))
        assert reader.query(Query(text="baum")).total == number
        assert reader.cursor == Cursor("e", number)
    writer.rebuild([Document(id="1", name={"de": "Strauch"})], Cursor("f", 1))
    assert (reader.query(Query(text="baum")).total, reader.ids(), reader.cursor) == (0, {"1"}, Cursor("f", 1))
    with pytest.raises(RuntimeError):
        reader.apply((), ("1",), Cursor("f", 2))
    writer.close()
    reader.close()


def test_threads_ask_while_another_writes(engine: str, tmp_path: Path) -> None:
    index = open_index(engine, tmp_path, write=True)
    index.rebuild(SOLUTIONS, Cursor("e", 1))
    failures: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            results = index.query(Query(text="Straßenbaumkataster", facets=("topic",)))
            if found(results)[:1] != ["S006"] or not index.complete("str", "de"):
                failures.append(repr(results))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 8):
        index.apply([Document(id=f"n{number}", name={"de": f"Neu {number}"})], (), Cursor("e", number))
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    index.close()
