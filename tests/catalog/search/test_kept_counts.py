"""What is kept of a commit is that of this commit: counts of all documents, and short completions."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.changes.cursor import Cursor
from catalog.search import FACETS, Document, Query, SearchIndex
from catalog.search.engine import Found, Nothing, Wanted
from catalog.search.kept_counts import KeptCounts
from catalog.search.plan import Plan, Term
from catalog.search.suggest import Completions, complete
from catalog.search.surface import key, read_surface, surface

VALUES = 40


def document(number: int, chance: random.Random) -> Document:
    """One with some values of some facets, a few of them in most documents."""
    names = chance.sample(FACETS, 4)
    facets = {name: tuple({f"v{int(VALUES * chance.random() ** 3)}" for _ in range(2)}) for name in names}
    return Document(id=f"id{number}", name={"de": f"Anwendung {number}"}, facets=facets)


def counted(documents: list[Document], filters: dict[str, str], facet: str) -> tuple[tuple[str, int], ...]:
    """The counts of a facet by their definition."""
    counts: dict[str, int] = {}
    for one in documents:
        others = {name: code for name, code in filters.items() if name != facet}
        if all(code in one.facets.get(name, ()) for name, code in others.items()):
            for value in one.facets.get(facet, ()):
                counts[value] = counts.get(value, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def asked(index: SearchIndex, filters: dict[str, str], **more: Any) -> dict[str, tuple[tuple[str, int], ...]]:
    wanted = {name: (code,) for name, code in filters.items()}
    return index.query(Query(filters=wanted, facets=FACETS, highlight=False, **more)).facets


FILTERS: tuple[dict[str, str], ...] = ({}, {"topic": "v1"}, {"topic": "v0", "licence": "v0"})


@pytest.mark.usefixtures("counting")
def test_counts_of_everything_are_those_of_the_newest_commit(index: SearchIndex) -> None:
    """Asked before and after each commit: documents come, change and go."""
    chance, there = random.Random(1), dict[str, Document]()
    for commit in range(1, 8):
        changed = [document(chance.randrange(60), chance) for _ in range(25)]
        gone = {f"id{chance.randrange(60)}" for _ in range(6)} - {one.id for one in changed}
        index.apply(changed, gone, Cursor("e", commit))
        there |= {one.id: one for one in changed}
        there = {id_: one for id_, one in there.items() if id_ not in gone}
        for filters in FILTERS:
            expected = {name: counted(list(there.values()), filters, name) for name in FACETS}
            assert asked(index, filters) == expected
            assert asked(index, filters) == expected, "also when it is asked again"


def test_an_emptied_index_counts_nothing(index: SearchIndex) -> None:
    index.rebuild([document(1, random.Random(1))], Cursor("e", 1))
    assert any(asked(index, {}).values())
    index.rebuild([], Cursor("e", 2))
    assert asked(index, {}) == dict.fromkeys(FACETS, ())


@pytest.mark.usefixtures("counting")
@pytest.mark.parametrize("text", ["", "anwendung"])
@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: "-".join(filters) or "none")
def test_only_so_many_values_are_the_first_of_all(
    index: SearchIndex, text: str, filters: dict[str, str]
) -> None:
    """And a value that is filtered by is there however rare it is."""
    chance = random.Random(2)
    documents = [document(number, chance) for number in range(300)]
    index.rebuild(documents[:150], Cursor("e", 1))
    index.apply(documents[150:], (), Cursor("e", 2))
    every = asked(index, filters, text=text)
    few = asked(index, filters, text=text, values=3)
    for name in FACETS:
        chosen = [pair for pair in every[name][3:] if pair[0] == filters.get(name)]
        assert list(few[name]) == [*every[name][:3], *chosen]
        assert every[name] == counted(documents, filters, name)


@pytest.mark.usefixtures("counting")
def test_combinations_without_number_and_without_end_are_counted_value_by_value(index: SearchIndex) -> None:
    """More of them than are counted as such, and one that is longer than a term may be."""
    chance = random.Random(3)
    values = [f"w{number}" for number in range(300)]
    documents = [
        Document(id=f"id{number}", facets={"platform": tuple(chance.sample(values, 3))})
        for number in range(2_500)
    ]
    long = tuple(f"{number:03}{'x' * 400}" for number in range(200))
    documents.append(Document(id="long", facets={"language": long, "topic": ("v1",)}))
    documents.append(Document(id="short", facets={"language": ("de", long[7]), "topic": ("v1",)}))
    index.rebuild(documents, Cursor("e", 1))
    found = asked(index, {})
    for name in ("platform", "language", "topic"):
        assert found[name] == counted(documents, {}, name)
        assert asked(index, {}, values=2)[name] == found[name][:2]
        assert asked(index, {"topic": "v1"})[name] == counted(documents, {"topic": "v1"}, name)


class Counting(Nothing):
    """A commit that finds many documents, and knows how often it was asked for counts."""

    def __init__(self) -> None:
        self.asked = 0

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        self.asked += bool(wanted.facets)
        return Found(total=5_000, facets=dict.fromkeys(wanted.facets, (("a", self.asked),)))


def wanted(**more: Any) -> Wanted:
    """The first page of a search that counts two facets."""
    usual = {"filters": {}, "facets": ("topic", "kind"), "sort": "relevance", "start": 0, "size": 20}
    return Wanted(**usual | more)


def test_a_large_result_is_counted_once_for_all_its_pages() -> None:
    """Another order, page or ranking has the same counts; another word, filter, facet or number has not."""
    kept, commit = KeptCounts(), Counting()
    plan = Plan(must=(Term("all", "a"),), should=(Term("name", "a"),))
    for same in (wanted(), wanted(start=20), wanted(sort="name"), wanted(texts=True)):
        assert kept.search(commit, plan, same).facets["kind"] == (("a", 1),)
    assert kept.search(commit, Plan(must=plan.must), wanted()).facets["kind"] == (("a", 1),)
    others = [
        (Plan(must=(Term("all", "b"),)), wanted()),
        (Plan(must=plan.must, must_not=(Term("all", "b"),)), wanted()),
        (plan, wanted(filters={"kind": ("a",)})),
        (plan, wanted(filters={"kind": ("b",)})),
        (plan, wanted(facets=("topic",))),
        (plan, wanted(values=3)),
    ]
    for number, (another, of) in enumerate(others, start=2):
        assert kept.search(commit, another, of).facets["topic"] == (("a", number),)
    assert kept.search(Counting(), plan, wanted()).facets["kind"] == (("a", 1),), "another commit"


class Numbering(Nothing):
    """A commit whose answers are numbered, so that each shows when it was found."""

    def __init__(self, total: int) -> None:
        self.asked, self.total = 0, total

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        self.asked += 1
        return Found(total=self.total, hits=((0.0, str(self.asked), b""),))


def test_a_page_of_a_large_result_is_found_once() -> None:
    """One whose texts are wanted is not kept: it is large, and every question has other marks in it."""
    kept, commit = KeptCounts(), Numbering(5_000)
    plan = Plan(must=(Term("all", "a"),), should=(Term("name", "a"),))
    of = [
        (plan, wanted(facets=())),
        (Plan(must=plan.must), wanted(facets=())),
        (plan, wanted(facets=(), start=20)),
        (plan, wanted(facets=(), size=50)),
        (plan, wanted(facets=(), sort="name")),
        (plan, wanted(facets=(), filters={"kind": ("a",)})),
    ]
    for _ in range(2):
        for number, (asked_for, page) in enumerate(of, start=1):
            assert kept.search(commit, asked_for, page).hits[0][1] == str(number)
    for number in (7, 8):
        assert kept.search(commit, plan, wanted(facets=(), texts=True)).hits[0][1] == str(number)
    assert kept.search(Numbering(5_000), plan, wanted(facets=())).hits[0][1] == "1", "another commit"


def test_a_small_result_is_found_each_time() -> None:
    kept, commit = KeptCounts(), Numbering(20)
    for number in ("1", "2"):
        assert kept.search(commit, Plan(), wanted(facets=())).hits[0][1] == number


def test_only_the_last_answers_are_kept() -> None:
    kept, commit = KeptCounts(), Numbering(5_000)
    plans = [Plan(must=(Term("all", str(word)),)) for word in range(250)]
    for plan in plans:
        kept.search(commit, plan, wanted(facets=()))
    kept.search(commit, plans[-1], wanted(facets=()))
    assert commit.asked == 250
    kept.search(commit, plans[0], wanted(facets=()))
    assert commit.asked == 251


# --- completions ----------------------------------------------------------------------------------------


class Entries(Nothing):
    """A commit that has only these entries of `surface`."""

    def __init__(self, entries: dict[str, int]) -> None:
        self.entries = entries
        self.read = 0

    def surface(self, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        found = sorted((-count, entry) for entry, count in self.entries.items() if entry.startswith(prefix))
        self.read += len(found[:limit])
        return [(entry, -count) for count, entry in found[:limit]]


def by_definition(snapshot: Entries, begins: str, *, language: str, kind: str) -> list[str]:
    """All completions of a kind, the best first: every entry is looked at."""
    ranked: dict[str, tuple[int, int, int, str, str]] = {}
    for name in ("de", "en", ""):
        for entry, count in snapshot.surface(surface(kind, name, begins)):
            folded, shown = read_surface(entry)
            within = int(kind == "name" and not key(shown).startswith(begins))
            rank = (within, int(name != language), -count, folded, shown)
            text = folded if kind == "word" else shown
            ranked[text] = min(rank, ranked.get(text, rank))
    return [rank[-1] for rank in sorted(ranked.values())]


words = st.text("ab", min_size=1, max_size=4)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)


@st.composite
def snapshots(draw: st.DrawFn) -> Entries:
    entries: dict[str, int] = {}
    for language in ("de", "en", ""):
        for word in draw(st.lists(words, max_size=30)):
            shown = draw(st.sampled_from((word, word.upper())))
            entries[surface("word", language, folded=word, shown=shown)] = draw(st.integers(1, 4))
        for name in draw(st.lists(names, max_size=30)):
            parts = name.split()
            for place in range(len(parts)):
                begins = " ".join(parts[place:])
                entries[surface("name", language, folded=begins, shown=name)] = draw(st.integers(1, 3))
    return Entries(entries)


@given(
    snapshots(), st.sampled_from(("a", "b", "ab", "a b")), st.sampled_from(("de", "en")), st.integers(1, 4)
)
def test_reading_only_the_best_entries_finds_the_same(
    snapshot: Entries, begins: str, language: str, limit: int
) -> None:
    every_name = by_definition(snapshot, begins, language=language, kind="name")
    every_word = by_definition(snapshot, begins, language=language, kind="word")
    room = limit if not every_word else max(limit * 3 // 4, 1)
    expected = list(dict.fromkeys((*every_name[:room], *every_word, *every_name)))[:limit]
    assert list(complete(snapshot, begins, language, limit=limit)) == expected


def test_of_many_entries_few_are_read() -> None:
    many = {surface("name", "de", folded=f"a{number}", shown=f"a{number}"): 1 for number in range(5_000)}
    snapshot = Entries(many)
    assert len(complete(snapshot, "a", "de", limit=8)) == 8
    assert snapshot.read <= 100


def test_short_beginnings_are_kept_for_one_commit() -> None:
    completions = Completions()
    first = Entries({surface("word", "de", folded="ab", shown="ab"): 1})
    second = Entries({surface("word", "de", folded="ac", shown="ac"): 1})
    for _ in range(3):
        assert completions.complete(first, "a", "de", limit=8) == ("ab",)
    assert first.read == 1
    assert completions.complete(second, "a", "de", limit=8) == ("ac",)
    assert completions.complete(first, "a", "de", limit=8) == ("ab",)
