"""Snippets: which words of a hit's texts were found, as pieces of plain text with a mark.

The template escapes them.

A word is marked if one of its terms is one of the query's: so "Mängelmelder" is marked for "melder", and a
synonym for a synonym.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from catalog.search import Fragments
from catalog.search.analysis import chains, terms, whole, words
from catalog.search.compounds import split
from catalog.search.plan import Node, Phrase, Plan, Term
from catalog.search.surface import BOTH

_WINDOW = 240  # characters of a snippet from a long text
_BEFORE = 60  # of them before the first word found
_READ = 20_000  # characters of a text that are looked at
_WHOLE = 600  # characters a summary is shown with
_LETTERS = 3  # of a term that every word found by it has
_BENT = re.compile("([aou])e")
_FLAT = {
    number: unicodedata.normalize("NFKD", chr(number))[0]
    for number in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
} | {
    ord(letter): other
    for letter, other in {
        "ß": "s",
        "ẞ": "s",
        "æ": "a",
        "Æ": "a",
        "ø": "o",
        "Ø": "o",
        "œ": "o",
        "Œ": "o",
    }.items()
}


class Marker:
    """Marks the words a plan looks for. `language` is shown first."""

    def __init__(self, plan: Plan, language: str) -> None:
        self._terms = frozenset(chain.from_iterable(map(_texts, plan.must)))
        self._hint = _hint(self._terms)
        self._languages = tuple(dict.fromkeys((language.partition("-")[0], *BOTH)))

    def snippets(self, texts: Mapping[str, Mapping[str, str]]) -> dict[str, Fragments]:
        """For Hit.snippets, from fields.shown()."""
        found: dict[str, Fragments] = {}
        for field in ("name", "summary"):
            text = next(self._in_order(texts.get(field, {})), "")
            if text:
                places = self._places(text[:_WHOLE])
                found[field] = self._marked(text, places, start=0, end=min(len(text), _WHOLE))
        if not self._terms:
            return found
        for field in ("features", "text"):
            for text in self._in_order(texts.get(field, {})):
                snippet = self._feature(text) if field == "features" else self._window(text)
                if snippet:
                    found[field] = snippet
                    break
        return found

    def _in_order(self, texts: Mapping[str, str]) -> Iterator[str]:
        """The visitor's language, then German, English, then the others."""
        for language in dict.fromkeys((*self._languages, *sorted(texts))):
            if language in texts:
                yield texts[language]

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where words of the query stand in a text. Only what a quick look takes for possible is analysed."""
        at = 0
        for match in self._hint.finditer(_flat(text)) if self._terms else ():
            if match.start() < at:
                continue
            start = max(text.rfind(" ", at, match.start()), text.rfind("\n", at, match.start()), at - 1) + 1
            at = min(
                (end for end in (text.find(" ", match.end()), text.find("\n", match.end())) if end >= 0),
                default=len(text),
            )
            for group in chains(words(text[start:at])):
                if len(group) > 1 and self._is_found(whole(group)):
                    yield start + group[0].start, start + group[-1].end
                else:
                    yield from (
                        (start + word.start, start + word.end)
                        for word in group
                        if self._is_found(word.folded)
                    )

    def _is_found(self, folded: str) -> bool:
        return bool(folded) and not self._terms.isdisjoint(_terms(folded))

    def _feature(self, text: str) -> Fragments:
        """The first feature (one a line) with a word found."""
        for line in text.split("\n"):
            places = list(self._places(line))
            if places:
                return self._marked(line, iter(places), start=0, end=len(line))
        return ()

    def _window(self, text: str) -> Fragments:
        """A piece of the text about the first word found, from a word's beginning to a word's end."""
        text = " ".join(text[:_READ].split())
        first = next(self._places(text), None)
        if first is None:
            return ()
        start = _gap(text, max(0, first[0] - _BEFORE)) if first[0] > _BEFORE else 0
        start = min(start, first[0])
        end = (
            len(text)
            if len(text) - start <= _WINDOW
            else max(first[1], text.rfind(" ", start, start + _WINDOW))
        )
        places = ((a + start, b + start) for a, b in self._places(text[start:end]))
        return self._marked(text, places, start=start, end=end)

    def _marked(self, text: str, places: Iterator[tuple[int, int]], *, start: int, end: int) -> Fragments:
        pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
        at = start
        for first, last in places:
            pieces += [(text[at:first], False), (text[first:last], True)]
            at = last
        pieces.append((text[at:end], False))
        if end < len(text):
            pieces.append((" …", False))
        return tuple(piece for piece in pieces if piece[0])


def _hint(found: Iterable[str]) -> re.Pattern[str]:
    """Matches in a flat text wherever one of these terms may begin.

    A stem keeps a word's first letters, umlauts apart.
    """
    beginnings = sorted(
        {_BENT.sub(r"\1", text)[:_LETTERS].partition("ss")[0] or text[:1] for text in found if text}
    )
    return re.compile("|".join(re.sub("([aou])", r"\1e?", re.escape(beginning)) for beginning in beginnings))


def _flat(text: str) -> str:
    """The text in small letters without accents, letter for letter, so that places stay."""
    flat = text.translate(_FLAT).lower()
    return flat if len(flat) == len(text) else text


def _texts(node: Node) -> Iterator[str]:
    """Of a phrase that was typed, every word.

    A synonym of several words is not marked, since each alone means something else.
    """
    if isinstance(node, Term):
        yield node.text
    elif isinstance(node, Phrase):
        yield from node.words if node.weight == 1.0 else ()
    else:
        for part in node.parts:
            yield from _texts(part)


def _gap(text: str, start: int) -> int:
    """Where the first word after this place begins."""
    return text.find(" ", start) + 1


@lru_cache(1 << 17)
def _terms(folded: str) -> frozenset[str]:
    return frozenset(terms(folded, BOTH, split))
