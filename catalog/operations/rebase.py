"""A new BASE_URL: every identifier is written anew, the old ones stay as aliases, and a new epoch tells all followers to begin again."""

from __future__ import annotations

from sqlalchemy import select

from catalog.base import clock, ids
from catalog.base.states import EntryState
from catalog.base.tables import LogHeadRow, MetaRow, SolutionRow
from catalog.changes import log
from catalog.entries import identity, publishing
from catalog.operations.services import Services
from vocabularies import iris


def rebase(services: Services) -> int:
    """How many solutions got their new identifier. Safe to repeat."""
    base = services.settings.base_url
    with services.database.write() as session:
        meta = session.get(MetaRow, "base_url")
        old = meta.value if meta else base
        if old == base:
            return 0
        log.lock(session)
        log.drop(session)
        head = session.get(LogHeadRow, 1)
        assert head is not None
        head.epoch, head.seq, head.published = ids.ulid(), 0, max(head.published, clock.now())
        ours = session.scalars(
            select(SolutionRow).where(SolutionRow.origin == "").order_by(SolutionRow.id)
        ).all()
        for row in ours:
            identity.claim(session, row.id, [iris.thing(old, iris.SOLUTION, row.id)])
            if row.state == EntryState.LISTED:
                row.digest, row.state = "", EntryState.DRAFT  # so that publishing sees a first appearance
            session.flush()
            publishing.publish(session, row.id, settings=services.settings)
        if meta:
            meta.value = base
        return len(ours)
