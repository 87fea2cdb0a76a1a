"""How a repository names its objects: with SHA-1, or with SHA-256 as Git 3.0 does by default."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from crawlers.git.pktline import Malformed


class ObjectFormat(NamedTuple):
    """`name` is Git's and hashlib's, `size` the bytes of an object's id."""

    name: str
    size: int

    def digest(self, *parts: bytes) -> bytes:
        """The hash of all parts, one after the other."""
        made = hashlib.new(self.name, usedforsecurity=False)
        for part in parts:
            made.update(part)
        return made.digest()


SHA1 = ObjectFormat("sha1", 20)
SHA256 = ObjectFormat("sha256", 32)
_BY_DIGITS = {2 * each.size: each for each in (SHA1, SHA256)}


def of(identifier: str) -> ObjectFormat:
    """The format of an object's id, by its length. Malformed if it is none of either.

    >>> of("0" * 64).name
    'sha256'
    """
    found = _BY_DIGITS.get(len(identifier))
    if found is None:
        raise Malformed("it names its objects in an unknown way")
    return found


def of_marker(marker: str) -> ObjectFormat:
    """The format of a repository whose commit was this when it was read last; SHA-1 if it was not."""
    return _BY_DIGITS.get(len(marker), SHA1)
