"""All that a filter finds is found once for a commit, and it is that of the commit."""

from __future__ import annotations

from catalog.changes.cursor import Cursor
from catalog.search import Document, Query, SearchIndex
from catalog.search.engine import Nothing, Wanted
from catalog.search.kept_matches import KeptMatches
from catalog.search.plan import Plan, Term

FIRST = Query(text="anwendung", filters={"topic": ("v1",)})


def document(number: int, topic: str = "v1") -> Document:
    return Document(id=f"id{number}", name={"de": f"Anwendung {number}"}, facets={"topic": (topic,)})


def test_the_same_question_has_the_same_answer_until_the_next_commit(index: SearchIndex) -> None:
    index.rebuild([document(1), document(2), document(3, "v2")], Cursor("e", 1))
    found = index.matching(FIRST)
    assert found == {"id1", "id2"}
    assert index.matching(FIRST) is found
    assert index.matching(Query(text="anwendung", filters={"topic": ("v2",)})) == {"id3"}
    assert index.matching(Query(text="anwendung 2", filters={"topic": ("v1",)})) == {"id2"}
    index.apply([document(3)], ["id1"], Cursor("e", 2))
    assert index.matching(FIRST) == {"id2", "id3"}


def test_only_so_many_ids_are_kept_and_the_last_asked_for_longest() -> None:
    kept, commit = KeptMatches(), Nothing()
    every = Wanted(filters={}, facets=(), sort="name", start=0, size=0)
    found: list[str] = []

    def ask(word: str, ids: int) -> None:
        def find() -> frozenset[str]:
            found.append(word)
            return frozenset(f"{word}{number}" for number in range(ids))

        assert len(kept.matching(commit, Plan(must=(Term("all", word),)), every, find=find)) == ids

    for word in ("a", "b", "a", "c"):
        ask(word, 90_000)
    assert found == ["a", "b", "c"], "a was asked for again, so that b went"
    ask("a", 90_000)
    ask("b", 90_000)
    assert found == ["a", "b", "c", "b"]
    ask("huge", 300_000)
    ask("huge", 300_000)
    assert found[-1] == "huge"
    assert found.count("huge") == 1, "one alone is kept, however large"
