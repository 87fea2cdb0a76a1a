"""Ids: ULIDs, slugs, and the identifiers that are built from them."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata
from typing import Protocol

from vocabularies import iris

_SPELLED_OUT = {
    ord(letter): word for letter, word in {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "&": " und "}.items()
}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LONGEST_SLUG = 80


def ulid(milliseconds: int | None = None) -> str:
    """A new ULID: 48 bits of time, 80 bits of chance, in Crockford's base 32; sorts by time of making."""
    now = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    number = (now << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def slugify(text: str, fallback: str = "x") -> str:
    """
    >>> slugify("Mängelmelder (Straße) 2.0"), slugify("!!!")
    ('maengelmelder-strasse-2-0', 'x')
    """
    text = text.lower().translate(_SPELLED_OUT)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_LONGEST_SLUG].strip("-") or fallback


class Identified(Protocol):
    """A row, whole or in part, that names a solution: `iri` is kept for foreign ones only."""

    id: str
    iri: str


def solution(base: str, row: Identified) -> str:
    """The identifier of a solution: ours is built from BASE_URL, a foreign one is kept whole."""
    return row.iri or iris.thing(base, iris.SOLUTION, row.id)


def organisation(base: str, name: str) -> str:
    """The identifier of an organisation, by its name.

    Two names of which Latin letters keep nothing stay two.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return iris.thing(base, iris.ORGANISATION, slugify(name, fallback=digest))
