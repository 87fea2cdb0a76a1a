"""The German and English analysis: text -> words with their places -> the terms an index is searched by.

One for all engines.

Pure functions. Folding only ever widens: ä becomes ae, ö oe, ü ue, ß ss, other accents fall away, case is
folded. A written "ae" stays, so "Müll" and "Muell" meet while "aktuell" and "neue" stay what they are; both
sides are folded alike, so nothing is lost.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import snowballstemmer

LONGEST = 64  # letters of a term; the rest is cut off on both sides
_JOINED = 4  # parts of a hyphenated word that are also indexed as one
_STEMMERS = {"de": snowballstemmer.stemmer("german"), "en": snowballstemmer.stemmer("english")}
_STEMMING = threading.Lock()  # the stemmers keep the word they work on in themselves

_UMLAUTS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
    }
)
_ACCENT = "\u0300-\u036f"
_LETTER = rf"[^\W_][{_ACCENT}]*"
# A word; with the signs that belong to names of languages and frameworks (C++, C#, .NET).
_WORD = re.compile(
    rf"(?<![\w.])\.(?=[^\W\d_]{{2}})(?:{_LETTER})+|(?:{_LETTER})+(?:\+\+|\#)?(?![^\W_])|(?:{_LETTER})+"
)
_CONNECTOR = frozenset("-‐‑–./_'’·:*&@+")

# Stems the rules would get wrong: a citizen is no castle, a newspaper no time, a statute no sentence.
_OWN_STEMS = ("zeitung", "satzung", "sitzung", "stiftung", "ordnung", "richtung")
_STEMS = {
    **dict.fromkeys(("buerger", "buergers", "buergern", "buergerin", "buergerinnen"), "buerger"),
    **{word: word for word in _OWN_STEMS},
    **{f"{word}en": word for word in _OWN_STEMS},
}


def word_list(name: str) -> list[str]:
    """The words of a list in this folder; lines that begin with # are remarks."""
    text = (files("catalog.search") / name).read_text("utf-8")
    return " ".join(line for line in text.splitlines() if not line.startswith("#")).split()


@cache
def stop_words() -> frozenset[str]:
    """German and English words without meaning of their own, folded."""
    return frozenset(word_list("stopwords.txt"))


class Word(NamedTuple):
    """A word of a text.

    As written, folded, from where to where, and whether a connector alone parts it from the word before.
    """

    surface: str
    folded: str
    start: int
    end: int
    joined: bool


def clean(text: str) -> str:
    """The text in NFC, without control, bidirectional and other invisible characters.

    White space is a blank or a line end.

    >>> clean("Ma\\u0308ngel\\u00admelder\\u202e\\tKiel\\0")
    'Mängelmelder Kiel'
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(map(_shown, text))


@lru_cache(4096)
def _shown(letter: str) -> str:
    if letter in "\n\u2028\u2029":
        return "\n"
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") else letter


@lru_cache(1 << 16)
def fold(word: str) -> str:
    """
    >>> fold("Straße"), fold("STRASSE"), fold("Müll"), fold("Muell"), fold("Café"), fold("aktuell")
    ('strasse', 'strasse', 'muell', 'muell', 'cafe', 'aktuell')
    """
    word = unicodedata.normalize("NFKC", word).casefold()
    if word.isascii():
        return word[:LONGEST]
    word = unicodedata.normalize("NFC", word).translate(_UMLAUTS)
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))[:LONGEST]


def words(text: str) -> Iterator[Word]:
    """The words of a cleaned text, in order.

    Parts of "NGSI-LD" come one by one, the second marked as joined to the first.

    >>> [(word.folded, word.joined) for word in words("C++ und .NET für NGSI-LD")]
    [('c++', False), ('und', False), ('.net', False), ('fuer', False), ('ngsi', False), ('ld', True)]
    """
    end = -1
    for match in _WORD.finditer(text):
        start = match.start()
        folded = fold(match.group())
        if folded:
            yield Word(
                match.group(), folded, start, match.end(), 0 <= end == start - 1 and text[end] in _CONNECTOR
            )
            end = match.end()


def chains(found: Iterator[Word]) -> Iterator[list[Word]]:
    """The words grouped as they hang together: ["NGSI", "LD"] is one group."""
    group: list[Word] = []
    for word in found:
        if group and not word.joined:
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def whole(group: list[Word]) -> str:
    """The one word that a short hyphenated group also is ("ngsild"), or ""."""
    return "".join(word.folded for word in group)[:LONGEST] if 1 < len(group) <= _JOINED else ""


@lru_cache(1 << 17)
def stem(folded: str, language: str) -> str:
    """The stem in German ("de") or English ("en").

    The word itself in any other language and if it has a digit or sign in it.

    >>> stem("meldungen", "de"), stem("melder", "de"), stem("buergerinnen", "de")
    ('meld', 'meld', 'buerger')
    >>> stem("services", "en"), stem("lorawan2", "de")
    ('servic', 'lorawan2')
    """
    stemmer = _STEMMERS.get(language)
    if stemmer is None or not folded.isalpha() or len(folded) < 3:
        return folded
    if language == "de" and folded in _STEMS:
        return _STEMS[folded]
    with _STEMMING:
        found = str(stemmer.stemWord(folded))
    if language == "de" and found.endswith("ung") and len(found) > 6:
        return found[:-3]  # meld-ung, as in meld-en and Meld-er; the algorithm does so for longer words only
    return found


@lru_cache(1 << 16)
def terms(
    folded: str, languages: tuple[str, ...], split: Callable[[str], tuple[str, ...]]
) -> tuple[str, ...]:
    """All terms a word of a text is found by.

    Itself, its stems, the stems of its parts if a language is German. Each once.
    """
    found = [folded, *(stem(folded, language) for language in languages)]
    if "de" in languages:
        found += [stem(part, "de") for part in split(folded)]
    return tuple(dict.fromkeys(found))


def variants(folded: str) -> tuple[str, ...]:
    """The terms a word of a query stands for: itself and its stems; the query's language is not known."""
    return tuple(dict.fromkeys((folded, stem(folded, "de"), stem(folded, "en"))))


def languages_of(code: str) -> tuple[str, ...]:
    """How to analyse a text with this language code.

    German, English, not at all; as both if the code says nothing.

    >>> languages_of("de-AT"), languages_of("fr"), languages_of("und")
    (('de',), (), ('de', 'en'))
    """
    base = code.lower().partition("-")[0]
    if base in _STEMMERS:
        return (base,)
    return ("de", "en") if base in ("", "und", "mul", "zxx") else ()
