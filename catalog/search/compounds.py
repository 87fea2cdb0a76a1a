"""German compounds taken apart by a lexicon of our own (words.txt): "verwaltungsdaten" -> verwaltung, daten.

A word is split only if lexicon words cover it whole, with linking letters between them; the fewest parts win.
A word of the lexicon is never split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from catalog.search.analysis import fold, word_list

_SHORTEST = 3  # letters of a part as it stands in the lexicon
_SHORTEST_BENT = 4  # of one with an ending
_LONGEST = 40  # longer words are left alone
_MOST = 5  # parts
_ENDINGS = ("s", "es", "n", "en", "ens", "e", "er", "ern", "se", "nen")
_BENT_UMLAUTS = ("e", "er", "en", "ern", "")
_UMLAUT = {"a": "ae", "o": "oe", "u": "ue"}


class Lexicon:
    """The words compounds are made of, with all their forms."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._forms: dict[str, tuple[str, int]] = {}
        self._longest = 0
        known = [fold(entry) for entry in entries]
        for entry in known:
            self._forms[entry] = (entry, 0)
        for entry in known:
            for form in _forms(entry):
                if len(form) >= _SHORTEST_BENT:
                    self._forms.setdefault(form, (entry, 1))
        self._longest = max(map(len, self._forms), default=0)

    def __contains__(self, word: str) -> bool:
        return word in self._forms

    def split(self, word: str) -> tuple[str, ...]:
        """The parts of a folded word in their base form, or () if it is no compound of known words."""
        if word in self._forms or not 2 * _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return ()
        best: list[tuple[int, int, int, tuple[str, ...]] | None] = [(0, 0, 0, ()), *[None] * len(word)]
        for end in range(_SHORTEST, len(word) + 1):
            best[end] = min(self._ways(word, end, best), default=None)
        found = best[len(word)]
        return found[3] if found and 1 < found[0] <= _MOST else ()

    def _ways(
        self, word: str, end: int, best: list[tuple[int, int, int, tuple[str, ...]] | None]
    ) -> Iterator[tuple[int, int, int, tuple[str, ...]]]:
        """Splits of word[:end] as (parts, bent parts, -letters of the last part, parts).

        The smallest is the best.
        """
        for start in range(max(0, end - self._longest), end - _SHORTEST + 1):
            before = best[start]
            form = self._forms.get(word[start:end]) if before else None
            if before and form and len(form[0]) >= _SHORTEST:
                yield before[0] + 1, before[1] + form[1], start - end, (*before[3], form[0])


def _forms(entry: str) -> Iterator[str]:
    """Plurals, cases and linking forms.

    More than exist, which does no harm, since a word must be covered whole.
    """
    for ending in _ENDINGS:
        yield entry + ending
    if entry.endswith("en") and len(entry) > 5:
        yield entry[:-2]
    elif entry.endswith("e") and len(entry) > 4:
        yield entry[:-1]
        yield entry[:-1] + "s"
    if entry.endswith("er"):
        yield from (entry + ending for ending in ("in", "innen"))
    place = max(entry.rfind(vowel) for vowel in _UMLAUT)
    if entry[place - 1 : place + 1] == "au":
        place -= 1
    if place >= 0 and entry[place + 1 : place + 2] != "e":
        bent = entry[:place] + _UMLAUT[entry[place]] + entry[place + 1 :]
        for ending in _BENT_UMLAUTS:
            yield bent + ending


@cache
def lexicon() -> Lexicon:
    """Our lexicon, read once."""
    return Lexicon(word_list("words.txt"))


@lru_cache(1 << 16)
def split(word: str) -> tuple[str, ...]:
    """
    >>> split("maengelmelder"), split("verwaltungsdaten")
    (('mangel', 'melder'), ('verwaltung', 'daten'))
    >>> split("baumbewaesserungssensor"), split("plattform")
    (('baum', 'bewaesserung', 'sensor'), ())
    """
    return lexicon().split(word)
