"""Did-you-mean, completion and snippets speak in the words the documents are written with."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.changes.cursor import Cursor
from catalog.search import Document, Fragments, Query, SearchIndex
from catalog.search.analysis import clean
from catalog.search.highlight import Marker
from catalog.search.parser import parse
from catalog.search.plan import Planner
from catalog.search.suggest import slips
from tests.catalog.search.conftest import Search
from tests.support.invented_solutions import SYNONYMS


def marked(fragments: Fragments) -> list[str]:
    """The pieces with a mark."""
    return [text for text, mark in fragments if mark]


def plain(fragments: Fragments) -> str:
    """The text of a snippet."""
    return "".join(text for text, _ in fragments)


# Did you mean


def _slips(one: str, other: str) -> int:
    """The same by its definition."""
    table: dict[tuple[int, int], int] = {}
    for i, j in itertools.product(range(len(one) + 1), range(len(other) + 1)):
        ways = (
            [max(i, j)]
            if not i or not j
            else [
                table[i - 1, j - 1] + (one[i - 1] != other[j - 1]),
                table[i - 1, j] + 1,
                table[i, j - 1] + 1,
            ]
        )
        if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
            ways.append(table[i - 2, j - 2] + 1)
        table[i, j] = min(ways)
    return table[len(one), len(other)]


@given(st.text("abc", max_size=7), st.text("abc", max_size=7), st.integers(0, 4))
def test_slips_are_counted_up_to_the_limit(one: str, other: str, limit: int) -> None:
    true, counted = _slips(one, other), slips(one, other, limit)
    assert counted == true if true <= limit else counted > limit


def test_the_frequent_word_wins_among_equally_near(index: SearchIndex) -> None:
    names = ["Kanne", "Tanne", "Tanne", "Wanne"]
    index.rebuild(
        [Document(id=str(number), name={"de": name}) for number, name in enumerate(names)], Cursor("e", 1)
    )
    assert index.query(Query(text="Xanne")).suggestion == "Tanne"
    index.rebuild(
        [Document(id=str(number), name={"de": name}) for number, name in enumerate(["Wanne", "Kanne"])],
        Cursor("e", 2),
    )
    assert index.query(Query(text="Xanne")).suggestion == "Kanne", "then the alphabet decides"
    assert index.query(Query(text="Wane")).suggestion == "Wanne"
    assert index.query(Query(text="xy")).suggestion == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ('freie "Parkplätze" erkenen', 'freie "Parkplätze" erkennen'),
        ("Mängelmeldr -Müll", "Mängelmelder -Müll"),
        ("Kalendr Müll", "Kalender Müll"),
        ("Müll", ""),
        ("xyzxyzxyz", ""),
        ("12345678", ""),
        ("", ""),
        ("-Mängelmeldr", ""),
    ],
)
def test_only_unknown_words_are_replaced(typed: str, expected: str, search: Search) -> None:
    assert search(typed).suggestion == expected


# Completion


@pytest.mark.parametrize(
    ("typed", "language", "expected"),
    [
        ("Mängelm", "de", ("Mängelmelder Musterstadt", "Mängelmelder")),
        ("maengelm", "de", ("Mängelmelder Musterstadt", "Mängelmelder")),
        ("straßenb", "de", ("Straßenbaumkataster", "Straßenblick", "Straßenbäume")),
        ("STRASSENBA", "de", ("Straßenbaumkataster",)),
        ("Open P", "en", ("Open Parking",)),
        ("kompa", "de", ("Geoportal kompakt", "kompakt")),
        ("ngsi", "de", ("NGSI",)),
        ("", "de", ()),
        ("???", "de", ()),
        ("zzz", "de", ()),
    ],
)
def test_completions(typed: str, language: str, expected: tuple[str, ...], golden: SearchIndex) -> None:
    assert set(expected) <= set(golden.complete(typed, language))
    assert golden.complete(typed, language)[: len(expected[:1])] == expected[:1]


def test_completions_are_limited_and_distinct(golden: SearchIndex) -> None:
    for limit in (0, 1, 4, 10):
        found = golden.complete("s", "de", limit)
        assert len(found) == limit
        assert len(set(found)) == limit
    assert golden.complete("s", "de", 5) == golden.complete("s", "de", 5)


def test_a_name_that_begins_so_comes_before_one_that_has_such_a_word(index: SearchIndex) -> None:
    names = ("Wolfsburg kehrt smart", "Smart Village App", "Das smarte Dorf")
    index.apply(
        [Document(id=f"N{number}", name={"": name}, listed=True) for number, name in enumerate(names)],
        (),
        Cursor("e", 1),
    )
    assert index.complete("sma", "de", 8)[0] == "Smart Village App"
    assert set(names) <= set(index.complete("sma", "de", 8))


def test_the_visitors_language_comes_first(index: SearchIndex) -> None:
    names = {"1": {"de": "Parken", "en": "Parking"}, "2": {"de": "Parkhaus"}}
    index.rebuild([Document(id=one, name=name) for one, name in names.items()], Cursor("e", 1))
    assert index.complete("park", "de", 3)[0] in ("Parken", "Parkhaus")
    assert index.complete("park", "en", 3)[0] == "Parking"


# Snippets


def test_marks_stand_on_what_was_found(search: Search) -> None:
    by_id = {hit.id: hit.snippets for hit in search("Müll", size=100).hits}
    assert marked(by_id["S014"]["name"]) == ["Müllkalender"]
    assert marked(by_id["S014"]["text"]) == ["Restmüll", "Sperrmüll"]
    assert marked(by_id["S001"]["summary"]) == ["Müll"]
    assert marked(search("strassenbaum").hits[0].snippets["name"]) == ["Straßenbaumkataster"]
    assert marked(search("NGSILD").hits[0].snippets["summary"]) == ["NGSI-LD"]
    assert marked(search('"wilden Müll"').hits[0].snippets["summary"]) == ["Wilden", "Müll"]


def test_snippets_without_anything_found_in_them(search: Search) -> None:
    hit = search("FIWARE -CityBroker").hits[0]
    assert set(hit.snippets) == {"name", "summary"}
    assert not marked(hit.snippets["name"])
    assert search("Müll", highlight=False).hits[0].snippets == {}
    assert all(set(hit.snippets) <= {"name", "summary"} for hit in search("").hits)


def test_a_feature_is_shown_whole(search: Search) -> None:
    hit = next(hit for hit in search("Push-Nachrichten").hits if hit.id == "S020")
    assert plain(hit.snippets["features"]) == "Push-Nachrichten"


def test_the_visitors_language_is_shown(index: SearchIndex) -> None:
    texts = {"de": "Bäume gießen", "en": "Watering trees"}
    index.rebuild(
        [Document(id="1", name={"de": "Baum", "en": "Tree"}, summary=texts, text=texts)], Cursor("e", 1)
    )
    for language, name, summary in (
        ("de", "Baum", "Bäume gießen"),
        ("en-GB", "Tree", "Watering trees"),
        ("fr", "Baum", "Bäume gießen"),
    ):
        snippets = index.query(Query(text="Baum tree", language=language)).hits[0].snippets
        assert (plain(snippets["name"]), plain(snippets["summary"])) == (name, summary)
    only_english = index.query(Query(text="watering", language="de")).hits[0].snippets
    assert plain(only_english["text"]) == "Watering trees", "the text that was found, if the other was not"


def test_a_long_text_is_cut_at_words(index: SearchIndex) -> None:
    text = "Vorher steht einiges. " * 40 + "Dann kommt der Leuchtturm ins Bild. " + "Nachher auch noch. " * 40
    index.rebuild([Document(id="1", name={"de": "Hafen"}, text={"de": text})], Cursor("e", 1))
    snippet = index.query(Query(text="Leuchttürme")).hits[0].snippets["text"]
    assert marked(snippet) == ["Leuchtturm"]
    shown = plain(snippet)
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) <= 250
    assert shown[2:-2] in text


def test_markup_stays_text(index: SearchIndex) -> None:
    index.rebuild([Document(id="1", name={"de": '<b>Baum</b> & "Strauch"'})], Cursor("e", 1))
    assert index.query(Query(text="Baum")).hits[0].snippets["name"] == (
        ("<b>", False),
        ("Baum", True),
        ('</b> & "Strauch"', False),
    )


@given(
    text=st.text(max_size=400), typed=st.text(max_size=30), language=st.sampled_from(["de", "en", "fr", ""])
)
def test_snippets_are_pieces_of_the_text(text: str, typed: str, language: str) -> None:
    """A quick look must not overlook: what the analysis finds in a text is marked."""
    words = clean(text).split()
    asked = " ".join([typed, *words[:2]])[:100]
    marker = Marker(Planner(SYNONYMS).plan(parse(asked)), language)
    texts: dict[str, Any] = {
        "name": {"de": clean(text)},
        "text": {"de": clean(text)},
        "features": {"de": clean(text)},
    }
    for name, fragments in marker.snippets(texts).items():
        assert all(piece for piece, _ in fragments)
        shown = plain(fragments).removeprefix("… ").removesuffix(" …")
        whole = " ".join(clean(text).split()) if name == "text" else clean(text)
        assert shown in whole
