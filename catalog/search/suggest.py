"""Did-you-mean and completion, from the words as they are written in the documents.

Nothing is left to chance.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from catalog.search.analysis import fold, stem, stop_words, variants, word_list, words
from catalog.search.engine import Snapshot
from catalog.search.parser import Item, Parsed
from catalog.search.plan import AllOf, Node, Phrase, Plan, Term
from catalog.search.surface import BOTH, key, read_surface, surface

_LANGUAGES = ("de", "en", "")
_READ_AHEAD = 4  # times as many entries are read as are offered
_SHORT, _MOST_KNOWN = 3, 5_000  # letters of beginnings whose completions are kept, and how many are
_NAMES_PER_WORD = 3  # of the completions offered, so many parts are names while there are words too


class Vocabulary:
    """The words of one commit by their letters, made when a query first has a word that no document has."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._of: Snapshot | None = None
        self._words: list[tuple[str, str, int]] = []
        self._letters: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._lengths: NDArray[np.int32] = np.zeros(0, np.int32)

    def mended(self, parsed: Parsed, plan: Plan, snapshot: Snapshot) -> str:
        """The query with each unknown word replaced by the nearest known one.

        "" if nothing is unknown or nothing near.
        """
        items = zip(parsed.wanted, plan.must, strict=True)
        unknown = set(chain.from_iterable(_unknown(item, node, snapshot) for item, node in items))
        nearest = {word: self.nearest(word, snapshot) for word in sorted(unknown)}
        mended, at = "", 0
        for word in words(parsed.text):
            if nearest.get(word.folded):
                mended += parsed.text[at : word.start] + nearest[word.folded]
                at = word.end
        return mended + parsed.text[at:] if at else ""

    def nearest(self, folded: str, snapshot: Snapshot) -> str:
        """The most similar word of the documents, as it is written there.

        Of equals the most frequent, then the first.

        One slip (a letter too many, missing, wrong, or two swapped) is allowed from 4 letters on, two from 7.
        """
        if len(folded) < 4 or folded.isdigit():
            return ""
        allowed = 1 if len(folded) < 7 else 2
        self._make(snapshot)
        near = np.abs(self._lengths - len(folded)) <= allowed
        # A slip changes the set of letters by two at most.
        differing = np.bitwise_count(self._letters[near] ^ np.uint64(_letters(folded))) <= 2 * allowed
        best = (allowed + 1, 0, "", "")
        for number in np.flatnonzero(near)[differing]:
            word, shown, count = self._words[number]
            distance = slips(folded, word, min(allowed, best[0]))
            best = min(best, (distance, -count, word, shown))
        return best[3] if best[0] <= allowed else ""

    def _make(self, snapshot: Snapshot) -> None:
        with self._making:
            if self._of is snapshot:
                return
            best: dict[str, tuple[int, int, str]] = {}
            for language in _LANGUAGES:
                for entry, count in snapshot.surface(surface("word", language)):
                    folded, shown = read_surface(entry)
                    total, most, written = best.get(folded, (0, 0, shown))
                    better = (count, shown.islower(), shown) > (most, written.islower(), written)
                    best[folded] = (total + count, *((count, shown) if better else (most, written)))
            for word in word_list(
                "words.txt"
            ):  # words that may stand in the documents as a part of others only
                if snapshot.known("all", stem(fold(word), "de")):
                    best.setdefault(fold(word), (0, 0, word))
            self._words = [(folded, written, total) for folded, (total, _, written) in sorted(best.items())]
            self._letters = np.fromiter(
                (_letters(word) for word, _, _ in self._words), np.uint64, len(self._words)
            )
            self._lengths = np.fromiter((len(word) for word, _, _ in self._words), np.int32, len(self._words))
            self._of = snapshot


@lru_cache(1 << 17)  # most words are those of the commit before
def _letters(word: str) -> int:
    """Which letters a word has, as bits."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


def slips(one: str, other: str, limit: int) -> int:
    """How many letters are too many, missing, wrong or swapped (optimal string alignment).

    A number above `limit` if more.

    >>> slips("melder", "mledre", 2), slips("melder", "melden", 1)
    (2, 1)
    >>> slips("a", "a", 1), slips("melder", "termin", 2) > 2
    (0, True)
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, another in enumerate(other, 1):
            cost = min(above[j - 1] + (letter != another), above[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(above) > limit:
            return limit + 1
        before = above
        above = row
    return above[-1]


def _unknown(item: Item, node: Node, snapshot: Snapshot) -> list[str]:
    """The words of an item that nothing is found by, not even by their parts or synonyms.

    `node` is the plan's for this item.
    """
    if _known(node, snapshot):
        return []
    alone = [word for word in item.words if word not in stop_words()]
    return [word for word in alone if not any(snapshot.known("all", variant) for variant in variants(word))]


def _known(node: Node, snapshot: Snapshot) -> bool:
    if isinstance(node, Term):
        return snapshot.known(node.field, node.text)
    if isinstance(node, Phrase):
        return all(snapshot.known("phrase", word) for word in node.words)
    every = all if isinstance(node, AllOf) else any
    return every(_known(part, snapshot) for part in node.parts)


class Completions:
    """What short beginnings are completed to, kept for one commit.

    They have thousands of entries, and there are few of them.
    """

    def __init__(self) -> None:
        # Both in one, so that nothing of one commit comes to stand beside another.
        self._kept: tuple[Snapshot | None, dict[tuple[str, str, int], tuple[str, ...]]] = (None, {})

    def complete(self, snapshot: Snapshot, prefix: str, language: str, *, limit: int) -> tuple[str, ...]:
        """What `complete` says."""
        asked = (key(prefix), language, limit)
        if len(asked[0]) > _SHORT:
            return complete(snapshot, prefix, language, limit=limit)
        of, known = self._kept
        if of is not snapshot or len(known) >= _MOST_KNOWN:
            known = {}
            self._kept = (snapshot, known)
        if asked not in known:
            known[asked] = complete(snapshot, prefix, language, limit=limit)
        return known[asked]


def complete(snapshot: Snapshot, prefix: str, language: str, *, limit: int) -> tuple[str, ...]:
    """Names that begin like this, names with a word that does, then words.

    The visitor's language first, then the most frequent.
    """
    begins = key(prefix)
    if not begins or limit <= 0:
        return ()
    first = language.partition("-")[0]
    names = _first(snapshot, "name", begins, language=first, limit=limit)
    others = _first(snapshot, "word", begins, language=first, limit=limit)
    room = limit if not others else max(limit * _NAMES_PER_WORD // (_NAMES_PER_WORD + 1), 1)
    chosen = dict.fromkeys((*names[:room], *others, *names))
    return tuple(list(chosen)[:limit])


def _first(snapshot: Snapshot, kind: str, begins: str, *, language: str, limit: int) -> list[str]:
    """The best completions of a kind, at least `limit` if there are so many.

    Of each language only so many entries are read as it takes to know its best ones.
    """
    ranked: dict[str, tuple[int, int, int, str, str]] = {}
    for name in dict.fromkeys((language if language in BOTH else "", *_LANGUAGES)):
        wanted = _READ_AHEAD * limit
        while True:
            entries = snapshot.surface(surface(kind, name, begins), wanted)
            best = _ranked(entries, kind, begins, later=int(name != language))
            sure = sum(not rank[0] for rank in best.values())
            if len(entries) < wanted or sure >= limit:
                break
            wanted *= _READ_AHEAD
        for text, rank in best.items():
            ranked[text] = min(rank, ranked.get(text, rank))
    return [rank[-1] for rank in sorted(ranked.values())]


def _ranked(
    entries: list[tuple[str, int]], kind: str, begins: str, *, later: int
) -> dict[str, tuple[int, int, int, str, str]]:
    """What is offered -> its rank: those that begin so come before those of which a later word does."""
    ranked: dict[str, tuple[int, int, int, str, str]] = {}
    for entry, count in entries:
        folded, shown = read_surface(entry)
        within = int(kind == "name" and not key(shown).startswith(begins))
        rank = (within, later, -count, folded, shown)
        text = folded if kind == "word" else shown
        ranked[text] = min(rank, ranked.get(text, rank))
    return ranked
