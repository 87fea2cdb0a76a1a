"""The query grammar: words, "phrases", -without.

Nothing else is special, so nothing a visitor types is a mistake.

Words are all wanted; stop words are left out if there are others. Text in quotation marks (of any of the
usual kinds) is wanted as it stands, endings apart; a minus right before a word or phrase excludes it. *, ?,
:, brackets and the like are mere signs.
"""

from __future__ import annotations

import re

import msgspec

from catalog.base.errors import QueryRefused
from catalog.search import MAX_CHARACTERS, MAX_TERMS
from catalog.search.analysis import chains, clean, stop_words, words

_QUOTES = str.maketrans(dict.fromkeys("„“”«»‟″", '"'))
_ITEM = re.compile(r'(?P<minus>(?<!\S)[-−–])?(?:"(?P<phrase>[^"]*)"|"?(?P<words>[^\s"]+))')


class Item(msgspec.Struct, frozen=True):
    """A word or phrase of a query: as typed, its folded words, and whether their order counts.

    A hyphenated word is one item of several words; it is also looked for written as one.
    """

    typed: str
    words: tuple[str, ...]
    phrase: bool = False


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, in order; `items` with their place in `text` (start, end) for mending it."""

    text: str
    wanted: tuple[Item, ...] = ()
    unwanted: tuple[Item, ...] = ()
    ignored: tuple[str, ...] = ()


def parse(text: str) -> Parsed:
    """Read what a visitor typed. Raises QueryRefused if it is too long.

    >>> parsed = parse('Bäume gießen mit "offenen Daten" -LoRaWAN')
    >>> [item.words for item in parsed.wanted], parsed.unwanted[0].typed, parsed.ignored
    ([('baeume',), ('giessen',), ('offenen', 'daten')], 'LoRaWAN', ('mit',))
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryRefused("too-long", length=len(text), limit=MAX_CHARACTERS)
    text = " ".join(clean(text).translate(_QUOTES).split())
    wanted: dict[Item, None] = {}
    unwanted: dict[Item, None] = {}
    for found in _ITEM.finditer(text):
        items = _phrase(found["phrase"]) if found["phrase"] is not None else _words(found["words"])
        (unwanted if found["minus"] else wanted).update(dict.fromkeys(items))
    meaningful = [
        item for item in wanted if item.phrase or len(item.words) > 1 or item.words[0] not in stop_words()
    ]
    ignored = tuple(item.typed for item in wanted if item not in meaningful) if meaningful else ()
    looked_for = tuple(meaningful or wanted)
    count = sum(len(item.words) for item in (*looked_for, *unwanted))
    if count > MAX_TERMS:
        raise QueryRefused("too-many-terms", count=count, limit=MAX_TERMS)
    return Parsed(text=text, wanted=looked_for, unwanted=tuple(unwanted), ignored=ignored)


def _phrase(text: str) -> list[Item]:
    folded = tuple(word.folded for word in words(text))
    return [Item(text.strip(), folded, True)] if folded else []


def _words(text: str) -> list[Item]:
    return [
        Item(text[group[0].start : group[-1].end], tuple(word.folded for word in group))
        for group in chains(iter(words(text)))
    ]
