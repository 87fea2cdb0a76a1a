"""How many entries are in each state: counted once for each number of the log and of the facts outside it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.base.tables import SolutionRow
from catalog.changes import log


class StateCounts:
    """The counts of one instance, kept in memory.

    Whatever changes a state has a number, so they are never old.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[str, int, int], dict[str, int]] = (("", -1, -1), {})

    def of(self, session: Session) -> dict[str, int]:
        """State -> how many entries are in it, as this session sees them."""
        head = log.head(session)
        number = (head.epoch, head.seq, head.facts)
        known, counts = self._known
        if known != number:
            by_state = select(SolutionRow.state, func.count()).group_by(SolutionRow.state)
            counts = {row[0]: row[1] for row in session.execute(by_state)}
            self._known = (number, counts)
        return counts
