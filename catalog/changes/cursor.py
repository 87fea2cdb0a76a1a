"""How far somebody has followed the catalogue.

An epoch and number of the change log, and a number of the facts outside it.
"""

from __future__ import annotations

from typing import NamedTuple


class Cursor(NamedTuple):
    """The last log entry and the last numbered fact that are known; the default knows nothing yet."""

    epoch: str = ""
    seq: int = 0
    facts: int = 0

    def __str__(self) -> str:
        return f"{self.epoch} {self.seq} {self.facts}"

    @classmethod
    def read(cls, text: str) -> Cursor:
        """
        >>> Cursor.read(str(Cursor("01J", 7, 9)))
        Cursor(epoch='01J', seq=7, facts=9)
        """
        epoch, seq, facts = text.rsplit(" ", 2)
        return cls(epoch, int(seq), int(facts))


START = Cursor()
