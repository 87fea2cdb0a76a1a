"""Entries of the completions: what is typed, folded, and what is then offered."""

from __future__ import annotations

from catalog.search.analysis import clean, fold, words

BOTH = ("de", "en")
SHOW = "\x1f"  # comes before what is only shown, or only tells equals apart
_MARK = "\x1e"


def surface(kind: str, language: str, folded: str = "", *, shown: str | None = None) -> str:
    """An entry of the completions: what is typed, folded, and what is offered; else how entries begin."""
    base = language.partition("-")[0]
    start = f"{kind[0]}{base if base in BOTH else '-'}{_MARK}{folded}"
    return start if shown is None else f"{start}{SHOW}{shown}"


def read_surface(entry: str) -> tuple[str, str]:
    """(folded, shown) of an entry.

    >>> read_surface(surface("word", "de-AT", "muell", shown="Müll"))
    ('muell', 'Müll')
    """
    folded, _, shown = entry.partition(_MARK)[2].partition(SHOW)
    return folded, shown


def key(word: str) -> str:
    """A typed word or beginning of a name as completions are looked up by.

    >>> key("  Smart-Cit")
    'smart cit'
    """
    return " ".join(fold(found.surface) for found in words(clean(word)))
