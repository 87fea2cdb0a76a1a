"""Folding, words and stems: equal spellings meet, identifiers survive, offsets point at what is written."""

from __future__ import annotations

import doctest
import threading
import unicodedata
from itertools import chain, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.search import analysis, compounds, fields, parser, suggest
from catalog.search.analysis import chains, clean, fold, stem, stop_words, variants, whole, word_list, words
from catalog.search.compounds import Lexicon, lexicon, split

german = st.text("aäbcdeghilmnorsßtuüvzAÄÖÜß \u00ad-", max_size=30)


@pytest.mark.parametrize("module", [analysis, compounds, fields, parser, suggest])
def test_examples_in_docstrings(module: object) -> None:
    assert not doctest.testmod(module).failed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müll", "Muell"),
        ("Straße", "STRASSE"),
        ("Bewässerung", "bewaesserung"),
        ("Größe", "GROESSE"),
        ("Café", "cafe"),
        ("Ｍüll", "müll"),
        ("Mu\u0308ll", "Müll"),
        ("Łódź", "lodz"),
        ("Ærø", "aeroe"),
    ],
)
def test_spellings_meet(one: str, other: str) -> None:
    assert fold(clean(one)) == fold(clean(other))


@pytest.mark.parametrize(
    "word", ["aktuell", "neue", "quelle", "manuell", "poet", "israel", "steuer", "frauen"]
)
def test_two_vowels_that_are_no_umlaut_stay(word: str) -> None:
    assert fold(word) == word
    assert variants(word) == variants(fold(word.upper()))


@given(german)
def test_umlauts_and_their_digraphs_are_one(text: str) -> None:
    written = (
        text.replace("ä", "ae")
        .replace("ö", "oe")
        .replace("ü", "ue")
        .replace("Ä", "Ae")
        .replace("Ö", "Oe")
        .replace("Ü", "Ue")
        .replace("ß", "ss")
    )
    assert [word.folded for word in words(clean(text))] == [word.folded for word in words(clean(written))]


@given(st.text(max_size=60))
@example("\u0130stanbul")
@example("ǰ")
def test_folding_is_stable(text: str) -> None:
    for word in words(clean(text)):
        assert fold(word.folded) == word.folded
        assert word.folded
        assert len(word.folded) <= analysis.LONGEST
        assert not any(
            letter.isspace() or unicodedata.category(letter).startswith("C") for letter in word.folded
        )


@given(st.one_of(st.text(max_size=80), german))
def test_offsets_point_at_what_is_written(text: str) -> None:
    text = clean(text)
    end = 0
    for word in words(text):
        assert text[word.start : word.end] == word.surface
        assert word.start >= end
        assert fold(word.surface) == word.folded
        end = word.end
    groups = list(chains(words(text)))
    assert list(chain.from_iterable(groups)) == list(words(text))
    for group in groups:
        assert [word.joined for word in group] == [number > 0 for number in range(len(group))]


@given(st.text())
def test_clean_text_shows_all_it_holds(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == clean(cleaned) == unicodedata.normalize("NFC", cleaned)
    cleaned.encode()
    assert not {unicodedata.category(letter) for letter in cleaned if letter != "\n"} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++, C# und .NET!", ["c++", "c#", "und", ".net"]),
        ("X-ÖV", ["x", "oev"]),
        ("LoRaWAN OParl NGSI-LD", ["lorawan", "oparl", "ngsi", "ld"]),
        ("Node.js 2.0", ["node", "js", "2", "0"]),
        ("Bürger:innen Bürger*innen Bürger_innen", ["buerger", "innen"] * 3),
        ("Mängel\u00admelder", ["maengelmelder"]),
        ("(OZG)/„EfA“", ["ozg", "efa"]),
        ("CO₂ 25°C", ["co2", "25", "c"]),
        ("1+1=2", ["1", "1", "2"]),
        ("", []),
        ("... --- !?", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [word.folded for word in words(clean(text))] == expected


def test_hyphenated_words_are_also_one() -> None:
    groups = list(chains(words("Open-Source-Software für die Stadt. Ja")))
    assert [whole(group) for group in groups] == ["opensourcesoftware", "", "", "", ""]


@pytest.mark.parametrize(
    "together",
    [
        ["Bürger", "Bürgerin", "Bürgerinnen", "Bürgers"],
        ["melden", "Melder", "Meldung", "Meldungen"],
        ["Baum", "Bäume", "Bäumen"],
        ["Schlagloch", "Schlaglöcher", "Schlaglöchern"],
        ["Haus", "Häuser"],
        ["Verwaltung", "Verwaltungen"],
    ],
)
def test_german_stems(together: list[str]) -> None:
    assert len({stem(fold(word), "de") for word in together}) == 1


@pytest.mark.parametrize(
    "apart",
    [["Bürger", "Burg"], ["Zeitung", "Zeit"], ["Satzung", "Satz"], ["Ordnung", "Ordner"], ["Stadt", "Staat"]],
)
def test_what_only_looks_alike_stays_apart(apart: list[str]) -> None:
    assert len({stem(fold(word), "de") for word in apart}) == len(apart)


def test_stems_are_the_same_from_many_threads() -> None:
    """The stemmers keep the word in themselves, so they must not be asked by two at once."""
    stems, endings = ("verwalt", "betreib", "nutz"), ("ung", "er", "bar", "lich")
    many = [f"{stem}{ending}en" for stem, ending in product(stems, endings)] * 40
    alone = [stem.__wrapped__(word, "de") for word in many]
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: found.append([stem.__wrapped__(word, "de") for word in many]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


# Compounds

SPLITS = {
    "Mängelmelder": "mangel melder",
    "Terminvergabe": "termin vergabe",
    "Straßenbaumkataster": "strasse baum kataster",
    "Verwaltungsdaten": "verwaltung daten",
    "Bodenfeuchtesensoren": "boden feuchte sensor",
    "Ratsinformationssystem": "rat information system",
    "Schlaglochmelder": "schlagloch melder",
    "Müllabfuhr": "muell abfuhr",
    "Einwohnermeldeamt": "einwohner melde amt",
    "Datenplattform": "daten plattform",
    "Bürgerinnenportal": "buerger portal",
    "Hilfsangebote": "hilfe angebot",
    "Hundesteuer": "hund steuer",
    "Fahrradständer": "fahrrad staender",
    "Geschichtspfad": "geschichte pfad",
    "OpenData": "open data",
    # no compounds, or atoms of the lexicon
    "Plattform": "",
    "Mängel": "",
    "Verwaltungen": "",
    "Mitarbeiter": "",
    "Behinderung": "",
    "Erfindung": "",
    "Hamburg": "",
    "Bürgerinnen": "",
    "Information": "",
    "besonders": "",
    "Abstand": "",
    "interessant": "",
    "LoRaWAN": "",
    "C++": "",
    "Kontinent": "",
    "Termine": "",
    "a": "",
    "": "",
}


@pytest.mark.parametrize("word", SPLITS)
def test_compounds(word: str) -> None:
    assert " ".join(split(fold(word))) == SPLITS[word]


@given(st.lists(st.sampled_from(word_list("words.txt")), min_size=2, max_size=3))
def test_a_compound_of_known_words_is_covered_whole(parts: list[str]) -> None:
    word = "".join(fold(part) for part in parts)
    found = split(word)
    if word.isalpha() and len(word) <= 40 and word not in lexicon() and min(map(len, parts)) >= 3:
        assert 2 <= len(found) <= len(parts)


@given(st.text("abdelnrstu", max_size=45))
def test_no_word_takes_long_or_fails(word: str) -> None:
    for part in split(word):
        assert part in lexicon()


def test_fewest_parts_win() -> None:
    small = Lexicon(["Baum", "Schule", "Baumschule", "Garten"])
    assert small.split("baumschulgarten") == ("baumschule", "garten")
    assert small.split("baumschule") == ()
    assert small.split("baumgartenx") == ()


def test_the_lexicon_is_in_order() -> None:
    entries = word_list("words.txt")
    assert len(entries) >= 1500
    assert len({fold(entry) for entry in entries}) == len(entries)
    assert not [entry for entry in entries if len(fold(entry)) < 3]
    assert all(fold(word) == word for word in stop_words())
