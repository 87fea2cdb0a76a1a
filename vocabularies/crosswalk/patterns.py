"""The key patterns that tables are written with, `description.*.features[]`, and what they say together about a path of a document.

`*` is any key (a language), `[]` each item of a list, `[?]` the same where the format also allows a single value, `a+b` the values
of several keys joined to one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple


@lru_cache(maxsize=4_096)
def parts(pattern: str) -> tuple[str, ...]:
    """
    >>> parts("description.*.features[]")
    ('description', '*', 'features', '[]')
    """
    return tuple(re.findall(r"\[\??\]|[^.\[\]]+", pattern))


@lru_cache(maxsize=16_384)
def folded(key: str) -> str:
    """A key without what people write differently.

    >>> folded("landing-URL") == folded("landingUrl")
    True
    """
    return re.sub(r"[-_ ]", "", key).lower()


class Known(NamedTuple):
    """What a format knows below a key: its keys (folded; `*` is any), and why the whole is not taken (None: it is)."""

    below: dict[str, Known]
    reason: str | None = None


def known(patterns: Iterable[str], ignored: dict[str, str]) -> Known:
    """Everything the patterns and the ignored keys name."""
    root = Known({})
    for pattern in patterns:
        _grow(root, pattern)
    for key, reason in ignored.items():
        _grow(root, key, reason)
    return root


def _grow(root: Known, pattern: str, reason: str | None = None) -> None:
    *steps, last = [part for part in parts(pattern) if part[0] != "["]
    here = root
    for part in steps:
        here = here.below.setdefault(folded(part), Known({}))
    for name in last.split("+"):
        if reason is None:
            here.below.setdefault(folded(name), Known({}))
        else:
            here.below[folded(name)] = here.below.get(folded(name), Known({}))._replace(reason=reason)


class Place(NamedTuple):
    """Where a path ends in what is known: `at` is the path of the highest part that decides."""

    verdict: str  # ignored, in-part (ignored but for some keys), unknown, group (a value stands where keys should) or known
    at: str
    reason: str = ""


def place(root: Known, trail: Iterable[tuple[str, str]]) -> Place:
    """`trail` is a path step by step: (key, path up to it); the key of a list item is "[]"."""
    here, at, partly = root, "", Place("known", "")
    for key, path in trail:
        at = path
        if key == "[]":
            continue
        below = here.below.get(folded(key)) or here.below.get("*")
        if below is None:
            return partly if partly.at else Place("unknown", path)
        here = below
        if here.reason is not None and not here.below:
            return Place("ignored", path, here.reason)
        if here.reason is not None:
            partly = Place("in-part", path, here.reason)
    return Place("group" if here.below else "known", at)
