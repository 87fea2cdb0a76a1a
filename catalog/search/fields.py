"""A document as an engine keeps it: terms by field, codes, sort keys, completions, and the texts to show.

Engines are given terms and nothing to analyse. `all` is the bag that decides what is found; the named fields
only rank; `phrase` holds one stem a word, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from catalog.search import FACETS, Document
from catalog.search.analysis import Word, chains, clean, fold, languages_of, stem, terms, whole, words
from catalog.search.compounds import split
from catalog.search.surface import BOTH, SHOW, surface

# Field -> how much a term in it counts beside the same term in `all` (1). A title is one term.
WEIGHTS = {"name": 6.0, "alternative": 3.0, "summary": 1.5, "features": 0.75, "concepts": 0.3}
TITLE_WEIGHT = 25.0
BAGS = ("all", *WEIGHTS)
BREAK = "|"  # stands between texts in `phrase`, so that no phrase reaches from one into the next
_SHORTEST, _COMPLETED = 3, 40  # letters of the words offered as completions
_LONGEST = 500  # letters of a name or code that is kept as one term
_READ = 200_000  # letters of a text that are indexed
_REPEATED = 80  # letters of texts that are kept analysed


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine stores of one document; `titles`, `facets` and `surface` hold whole values.

    `bags` and `phrase` hold terms with a blank between two: as one text they pass between processes, and into
    an engine, in a tenth of the time that hundreds of small ones take.
    """

    id: str
    bags: dict[str, str]
    phrase: str
    titles: list[str]
    facets: dict[str, tuple[str, ...]]
    surface: list[str]
    by_name: str
    by_recency: str
    shown: bytes


def record(document: Document) -> Record:
    """The record of a document. Both engines get the same one, so both find the same."""
    names, others, concepts, summary, features, text = (Gathered() for _ in range(6))
    for language, value in sorted(document.name.items()):
        names.add(value, language, BOTH)
        names.name(value, language)
    for language, value in sorted(document.alternative.items()):
        others.add(value, language, BOTH)
        others.name(value, language)
    for language, values in sorted(document.keywords.items()):
        others.add_all(values, language, BOTH)
    others.add(document.publisher, "und", BOTH)
    for language, values in sorted(document.words.items()):
        concepts.add_all(values, language, BOTH)
    for gathered, texts in ((summary, document.summary), (text, document.text)):
        for language, value in sorted(texts.items()):
            gathered.add(value, language, languages_of(language))
    for language, values in sorted(document.features.items()):
        features.add_all(values, language, languages_of(language))
    parts = {
        "name": names,
        "alternative": others,
        "concepts": concepts,
        "summary": summary,
        "features": features,
    }
    everything = [*parts.values(), text]
    written = [part for part in everything if part is not concepts]
    return Record(
        id=document.id,
        bags={
            "all": _joined(chain.from_iterable(part.terms for part in everything)),
            **{name: _joined(part.terms) for name, part in parts.items()},
        },
        phrase=_joined(chain.from_iterable(part.phrase for part in written)),
        titles=_titles(document),
        facets={name: _codes(document.facets.get(name, ())) for name in FACETS},
        surface=sorted(set(chain.from_iterable(part.surface for part in written))),
        by_name=_by_name(document),
        by_recency=_by_recency(document),
        shown=_shown(document),
    )


def _codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({clean(code)[:_LONGEST] for code in codes} - {""}))


def _titles(document: Document) -> list[str]:
    found = {title(value) for value in (*document.name.values(), *document.alternative.values())}
    return sorted(value for value in found if 0 < len(value) <= _LONGEST)


def title(text: str) -> str:
    """A whole name as one term; what a query must say to mean just this.

    >>> title("Smart-City-App  2.0"), title("smart city app 2.0")
    ('smart city app 2 0', 'smart city app 2 0')
    """
    return " ".join(word.folded for word in words(clean(text)))


class Piece(NamedTuple):
    """What a text brings to a field, terms with blanks between; a break follows each sequence in `phrase`."""

    terms: str
    phrase: str
    surface: tuple[str, ...]


class Gathered:
    """Terms of one field, gathered text by text."""

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.phrase: list[str] = []
        self.surface: list[str] = []

    def add_all(self, texts: Iterable[str], language: str, languages: tuple[str, ...]) -> None:
        """Take several texts."""
        for text in texts:
            self.add(text, language, languages)

    def add(self, text: str, language: str, languages: tuple[str, ...]) -> None:
        """Take the words of a text."""
        if len(text) <= _REPEATED:
            piece = _short_piece(text, language, languages)
        else:
            piece = _piece(text[:_READ], language, languages)
        self.terms.append(piece.terms)
        self.phrase.append(piece.phrase)
        self.surface += piece.surface

    def name(self, text: str, language: str) -> None:
        """Offer a name as a completion, from each of its words on."""
        text = " ".join(clean(text).split())[:_LONGEST]
        parts = list(words(text))
        for number in range(min(len(parts), 8)):
            begins = " ".join(word.folded for word in parts[number:])
            self.surface.append(surface("name", language, begins, shown=text))


def _joined(parts: Iterable[str]) -> str:
    return " ".join([part for part in parts if part])


def _piece(text: str, language: str, languages: tuple[str, ...]) -> Piece:
    chunks = [analysed(chunk, language, languages) for chunk in clean(text).split()]
    sequences = (
        _joined([chunk.stems[number] for chunk in chunks])
        for number in range(max(len(languages), 1) if chunks else 0)
    )
    phrase = [f"{sequence} {BREAK}" for sequence in dict.fromkeys(sequences)]
    offered = tuple(chain.from_iterable([chunk.surface for chunk in chunks]))
    return Piece(_joined([chunk.terms for chunk in chunks]), " ".join(phrase), offered)


# Labels, keywords and names of publishers repeat themselves from entry to entry.
_short_piece = lru_cache(1 << 13)(_piece)


class Chunk(NamedTuple):
    """What lies between two blanks: its terms, its stems for each language, its words as completions."""

    terms: str
    stems: tuple[str, ...]
    surface: tuple[str, ...]


@lru_cache(1 << 16)
def analysed(chunk: str, language: str, languages: tuple[str, ...]) -> Chunk:
    """The analysis of a text without blanks, kept: texts repeat themselves."""
    found: list[str] = []
    offered: list[str] = []
    order: list[str] = []
    for group in _groups(chunk):
        for word in group:
            found += terms(word.folded, languages, split)
            order.append(word.folded)
            short_enough = len(word.surface) <= _COMPLETED and not word.folded.isdigit()
            if len(word.folded) >= _SHORTEST and short_enough:
                offered.append(surface("word", language, word.folded, shown=word.surface))
        if one := whole(group):
            found += terms(one, languages, split)
    stems = tuple(" ".join([stem(word, name) for word in order]) for name in languages or ("",))
    return Chunk(" ".join(found), stems, tuple(offered))


def _groups(chunk: str) -> Iterable[list[Word]]:
    """The words of a text without blanks, as they hang together; mostly it is one word, seen at once."""
    alone = chunk.rstrip(",.;:!?")
    folded = fold(alone) if alone.isalpha() else ""
    return [[Word(alone, folded, 0, end=len(alone), joined=False)]] if folded else chains(words(chunk))


def _by_name(document: Document) -> str:
    names = document.name
    first = names.get("de") or names.get("en") or next((names[code] for code in sorted(names)), "")
    return f"{title(first[:_LONGEST])}{SHOW}{document.id}"


def _by_recency(document: Document) -> str:
    """A text that is smaller the newer the document: its date with turned digits; none comes last."""
    turned = "".join(_turned(document.modified))
    return f"{turned or '~'}{SHOW}{document.id}"


def _turned(date: str) -> Iterator[str]:
    for letter in date.replace("+00:00", "Z")[:40]:
        if letter.isascii() and letter.isdigit():
            yield str(9 - int(letter))


def _shown(document: Document) -> bytes:
    lists: dict[str, dict[str, tuple[str, ...]]] = {"features": document.features}
    texts: dict[str, Any] = {"name": document.name, "summary": document.summary, "text": document.text}
    texts |= {
        name: {language: "\n".join(values) for language, values in by.items()} for name, by in lists.items()
    }
    cleaned = {
        name: {language: clean(text) for language, text in by.items() if text}
        for name, by in texts.items()
        if by
    }
    return msgspec.json.encode(cleaned)


def shown(stored: bytes) -> dict[str, dict[str, str]]:
    """The texts a hit is shown with, from `Record.shown`: field -> language -> text."""
    return msgspec.json.decode(stored, type=dict[str, dict[str, str]])
