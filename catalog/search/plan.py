"""What to look for, in terms, the same for every engine.

A query's words with their stems, parts and synonyms.

A plan is a tree of a few small types. Everything that decides a hit is in `must` and `must_not` and looks at
the fields `all` and `phrase`; `should` only ranks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import msgspec

from catalog.search.analysis import LONGEST, clean, stem, variants, words
from catalog.search.compounds import split
from catalog.search.fields import TITLE_WEIGHT, WEIGHTS, title
from catalog.search.parser import Item, Parsed
from catalog.search.surface import BOTH

_PARTS = 0.4  # weight of a compound's parts that stand apart
_SYNONYM = 0.3
_EXPANSIONS = 16  # synonyms of one word
_LONGEST_SYNONYM = 5  # words


class Term(msgspec.Struct, frozen=True):
    """A term in a field; `weight` multiplies its BM25 score."""

    field: str
    text: str
    weight: float = 1.0


class Phrase(msgspec.Struct, frozen=True):
    """Two or more terms one after the other, in the field `phrase`."""

    words: tuple[str, ...]
    weight: float = 1.0


class AllOf(msgspec.Struct, frozen=True):
    """Every one of these."""

    parts: tuple[Node, ...]


class AnyOf(msgspec.Struct, frozen=True):
    """At least one of these; their scores add up."""

    parts: tuple[Node, ...]


class BestOf(msgspec.Struct, frozen=True):
    """At least one of these; the highest of their scores counts."""

    parts: tuple[Node, ...]


Node = Term | Phrase | AllOf | AnyOf | BestOf


class Plan(msgspec.Struct, frozen=True):
    """Documents with all of `must` and none of `must_not`, ranked by their scores and those of `should`.

    Without `must`, every document; then nothing ranks. `parts` are the words that the query's hyphenated and
    compound words consist of.
    """

    must: tuple[Node, ...] = ()
    must_not: tuple[Node, ...] = ()
    should: tuple[Term, ...] = ()
    parts: tuple[Node, ...] = ()

    def relaxed(self) -> Plan | None:
        """The same with one of the words being enough, or with one part of the only word.

        None for a word without parts.
        """
        enough = self.must if len(self.must) > 1 else self.parts
        return Plan((any_of(enough),), self.must_not, self.should) if len(enough) > 1 else None


class Planner:
    """Makes plans. `synonyms` maps words, as they are written, to others that mean the same."""

    def __init__(self, synonyms: Mapping[str, tuple[str, ...]]) -> None:
        self._synonyms: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
        for word, others in sorted(synonyms.items()):
            found = self._synonyms.setdefault(_stems(folded(word)), {})
            found.update(dict.fromkeys(folded(other) for other in others))
        self._longest = min(_LONGEST_SYNONYM, max(map(len, self._synonyms), default=0))

    def plan(self, parsed: Parsed) -> Plan:
        """The plan of a parsed query."""
        singles = list(chain.from_iterable(item.words for item in parsed.wanted))
        forms = list(chain.from_iterable(map(variants, dict.fromkeys(singles))))
        should: list[Term] = []
        for field, weight in WEIGHTS.items():
            should += (Term(field, form, weight) for form in forms)
        name = title(" ".join([*(item.typed for item in parsed.wanted)]))
        full = title(parsed.text) if not parsed.unwanted else name
        titles = [
            Term("title", text, TITLE_WEIGHT * (len(singles) + 1))
            for text in dict.fromkeys((full, name))
            if text
        ]
        must = tuple(
            self._wanted(item, self._others(parsed.wanted, number))
            for number, item in enumerate(parsed.wanted)
        )
        ways = chain.from_iterable(compound(item) for item in parsed.wanted if not item.phrase)
        parts = dict.fromkeys(chain.from_iterable(ways))
        loose = tuple(any_of(_terms(part, _PARTS)) for part in parts)
        return Plan(
            must,
            tuple(unwanted(item) for item in parsed.unwanted),
            (*titles, *should) if must else (),
            parts=loose,
        )

    def _wanted(self, item: Item, others: list[tuple[str, ...]]) -> Node:
        """A word: itself, or written as one, or its parts, or a synonym."""
        if item.phrase:
            return in_order(item.words)
        parts = [AllOf(tuple(any_of(_terms(part, _PARTS)) for part in way)) for way in compound(item)]
        synonyms = [
            in_order(other, _SYNONYM) if len(other) > 1 else any_of(_terms(other[0], _SYNONYM))
            for other in others
        ]
        return any_of((itself(item), *parts, *((BestOf(tuple(synonyms)),) if synonyms else ())))

    def _others(self, wanted: tuple[Item, ...], number: int) -> list[tuple[str, ...]]:
        """Synonyms of the word at this place, and of each run of words about it that a synonym stands for.

        A word with very many names a whole field rather than a thing. It is not expanded: what belongs to a
        field is found by the words of its concepts (Document.words).
        """
        found: dict[tuple[str, ...], None] = {}
        if wanted[number].phrase:
            return []
        for first in range(max(0, number - self._longest + 1), number + 1):
            for last in range(number, min(len(wanted), first + self._longest)):
                if any(item.phrase for item in wanted[first : last + 1]):
                    continue
                run = tuple(chain.from_iterable(item.words for item in wanted[first : last + 1]))
                others = self._synonyms.get(_stems(run), {})
                found.update(others if len(others) <= _EXPANSIONS else {})
        return [other for other in found if other and other != wanted[number].words]


def folded(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(word.folded for word in words(clean(text)))


def _stems(found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stem(word, "de") for word in found)


def any_of(parts: tuple[Node, ...]) -> Node:
    """`AnyOf`, or the only part."""
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _terms(word: str, weight: float = 1.0) -> tuple[Node, ...]:
    return tuple(Term("all", variant, weight) for variant in variants(word))


def itself(item: Item) -> Node:
    """A word, or the words of a hyphenated one in order, or written as one."""
    if len(item.words) == 1:
        return any_of(_terms(item.words[0]))
    return any_of((in_order(item.words), *_terms("".join(item.words)[:LONGEST])))


def in_order(found: tuple[str, ...], weight: float = 1.0) -> Node:
    """Words one after the other, in the endings of German, English, or as they are."""
    sequences = dict.fromkeys(tuple(stem(word, language) for word in found) for language in (*BOTH, ""))
    if len(found) == 1:
        return any_of(tuple(Term("phrase", sequence[0], weight) for sequence in sequences))
    return any_of(tuple(Phrase(sequence, weight) for sequence in sequences))


def compound(item: Item) -> list[tuple[str, ...]]:
    """The ways to take a word apart: a compound's parts, a hyphenated word's words with their own parts."""
    if len(item.words) == 1:
        parts = split(item.words[0])
        return [parts] if parts else []
    return [tuple(chain.from_iterable(split(word) or (word,) for word in item.words))]


def unwanted(item: Item) -> Node:
    """What an excluded word or phrase excludes: not its parts, not its synonyms."""
    return in_order(item.words) if item.phrase else itself(item)
