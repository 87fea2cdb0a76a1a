"""Who reads which source: a lease that runs out by itself if its holder dies.

A worker leases hosts, so that two of them never ask one host at the same time. A command leases the source it
was told to read, also from a worker that is at it: then both end it, and only the last holder's lease counts.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from catalog.base import clock, ids
from catalog.base.database import Database
from catalog.base.facts import UNSEEN
from catalog.base.states import SourceState
from catalog.base.tables import SourceRow
from catalog.changes import log

MINUTES = 5
RENEW_SECONDS = MINUTES * 20.0  # a third of it


class Leases:
    """The leases of one worker or command."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = ids.ulid()

    def take_host(self) -> list[int]:
        """The due sources of a host that nobody works on, leased to us.

        Of the hosts, the one whose source is longest due.
        """
        now = clock.now()
        with self._database.write() as session:
            log.lock(session)  # so that of two workers one comes after the other
            busy = select(SourceRow.host).where(SourceRow.leased_until >= now)
            due = (SourceRow.state == SourceState.ACTIVE) & (SourceRow.due <= now)
            free = due & SourceRow.host.not_in(busy)
            by_age = select(SourceRow).order_by(SourceRow.due, SourceRow.id)
            first = session.scalars(by_age.where(free).limit(1)).first()
            if first is None:
                return []
            rows = session.scalars(by_age.where(due, SourceRow.host == first.host)).all()
            for row in rows:
                self.take(row)
            return [row.id for row in rows]

    def take(self, row: SourceRow) -> None:
        """Lease a source, whoever had it."""
        row.leased_until = clock.later(clock.now(), minutes=MINUTES)
        row.leased_by = self._holder

    def renew(self, sources: Collection[int]) -> None:
        """Keep those of the sources that are still ours: their runs take long."""
        until = clock.later(clock.now(), minutes=MINUTES)
        ours = SourceRow.id.in_(sources) & (SourceRow.leased_by == self._holder)
        held = update(SourceRow).where(ours).values(leased_until=until)
        with self._database.write() as session:
            log.lock(session)
            session.execute(held.execution_options(**UNSEEN))

    def end(self, row: SourceRow) -> bool:
        """Give a source back, if it is still ours: whether it was."""
        if row.leased_by != self._holder:
            return False
        row.leased_until = ""
        row.leased_by = ""
        return True
