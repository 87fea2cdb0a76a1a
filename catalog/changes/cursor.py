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

    def is_of_another_log(self, last: Cursor) -> bool:
        """Whether nobody can go on from here to where the log ends: of another epoch, or ahead of it.

        >>> Cursor("01J", 7, 9).is_of_another_log(Cursor("01J", 6, 9))
        True
        """
        return self.epoch != last.epoch or self.seq > last.seq or self.facts > last.facts

    def has_reached(self, last: Cursor) -> bool:
        """Whether all is known up to there."""
        return self.epoch == last.epoch and self.seq >= last.seq and self.facts >= last.facts

    @classmethod
    def read(cls, text: str) -> Cursor:
        """
        >>> Cursor.read(str(Cursor("01J", 7, 9)))
        Cursor(epoch='01J', seq=7, facts=9)
        """
        epoch, seq, facts = text.rsplit(" ", 2)
        return cls(epoch, int(seq), int(facts))


START = Cursor()
