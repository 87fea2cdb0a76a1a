"""The key patterns that tables are written with, `description.*.features[]`, and which keys they make known.

`*` is any key (a language), `[]` each item of a list, `[?]` the same where the format also allows a single
value, `a+b` the values of several keys joined to one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

# A path step by step: (key, path up to it); the key of a list item is "[]".
Trail = tuple[tuple[str, str], ...]


@lru_cache(maxsize=4_096)
def parts(pattern: str) -> tuple[str, ...]:
    """The steps of a pattern.

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


class KnownKeys(NamedTuple):
    """What a format knows below a key.

    `below` are its keys (folded; `*` is any), `reason` is why the whole is ignored, None if it is not.
    """

    below: dict[str, KnownKeys]
    reason: str | None = None


def known_keys(patterns: Iterable[str], ignored: Mapping[str, str]) -> KnownKeys:
    """Everything the patterns and the ignored keys name."""
    root = KnownKeys({})
    for pattern in patterns:
        keys, names = _last_step(root, pattern)
        for name in names:
            keys.setdefault(name, KnownKeys({}))
    for pattern, reason in ignored.items():
        keys, names = _last_step(root, pattern)
        for name in names:
            keys[name] = keys.get(name, KnownKeys({}))._replace(reason=reason)
    return root


def _last_step(root: KnownKeys, pattern: str) -> tuple[dict[str, KnownKeys], list[str]]:
    """The keys among which a pattern's last step stands, and its names there; what leads to them is added."""
    *steps, last = [part for part in parts(pattern) if part[0] != "["]
    keys = root.below
    for step in steps:
        keys = keys.setdefault(folded(step), KnownKeys({})).below
    return keys, [folded(name) for name in last.split("+")]


class Verdict(StrEnum):
    """What a format makes of a path that no row took."""

    KNOWN = "known"
    IGNORED = "ignored"
    IN_PART = "in-part"  # ignored but for some keys
    UNKNOWN = "unknown"
    GROUP = "group"  # a value stands where keys should


class Judgement(NamedTuple):
    """The verdict on a path, the highest part of it that decides, and why that is ignored."""

    verdict: Verdict
    path: str
    reason: str = ""


def judge(root: KnownKeys, trail: Trail) -> Judgement:
    """What is known of a path."""
    keys = root
    end = ""
    in_part = None
    for key, path in trail:
        end = path
        if key == "[]":
            continue
        below = keys.below.get(folded(key)) or keys.below.get("*")
        if below is None:
            return in_part or Judgement(Verdict.UNKNOWN, path)
        keys = below
        if keys.reason is not None and not keys.below:
            return Judgement(Verdict.IGNORED, path, keys.reason)
        if keys.reason is not None:
            in_part = Judgement(Verdict.IN_PART, path, keys.reason)
    return Judgement(Verdict.GROUP if keys.below else Verdict.KNOWN, end)
