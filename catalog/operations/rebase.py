"""A new BASE_URL.

Every identifier is written anew, the old ones stay as aliases, and a new epoch tells all followers to begin
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.settings import Settings
from catalog.base.tables import MetaRow, SolutionRow
from catalog.changes import forgetting, log
from catalog.changes.kinds import KINDS, SOLUTION, rebased
from catalog.changes.log import Change
from catalog.entries import identity, publishing, store
from catalog.operations.services import Services

_BATCH = 200


def rebase(services: Services) -> int:
    """How many solutions got their new identifier. Safe to repeat."""
    with services.database.write() as session:
        log.lock(session)
        meta = session.get(MetaRow, "base_url")
        old = meta.value if meta else services.settings.base_url
        new = services.settings.base_url
        if meta is None or old == new:
            return 0
        log.restate(session, _moved(log.new_epoch(session), old, new))
        forgetting.drop_earlier_epochs(session)
        count = _solutions(session, old, services.settings)
        session.get_one(MetaRow, "base_url").value = new
        return count


def _moved(changes: Iterator[Change], old: str, new: str) -> Iterator[Change]:
    """The entries as they are under the new address.

    What another instance says stays as it is, byte for byte.
    """
    for change in changes:
        if change.origin or change.payload is None:
            yield change
            continue
        kind = KINDS.get(change.kind)
        write = kind.rebase if kind else rebased
        subject = (
            f"{new}{change.subject.removeprefix(old)}"
            if change.subject.startswith(f"{old}/")
            else change.subject
        )
        yield change._replace(subject=subject, payload=write(change.payload, old, new))


def _solutions(session: Session, old: str, settings: Settings) -> int:
    """The rows of our own solutions, in whatever state: their documents name what they are about as well."""
    own = list(
        session.scalars(select(SolutionRow.id).where(SolutionRow.origin == "").order_by(SolutionRow.id))
    )
    for start in range(0, len(own), _BATCH):
        rows = session.scalars(select(SolutionRow).where(SolutionRow.id.in_(own[start : start + _BATCH])))
        for row in rows:
            identity.claim(session, row.id, [SOLUTION.subject(old, row.id)])
            document = _renamed(msgspec.json.decode(row.document), old, settings.base_url)
            row.document = msgspec.json.encode(document).decode()
            if row.digest:
                row.digest = publishing.digest_of(store.solution_of(row), row, settings)
        session.flush()
    return len(own)


def _renamed(value: Any, old: str, new: str) -> Any:
    """A document whose ids (fields called `id`, at any depth) are those below the new address."""
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {key: _renamed(item, old, new) for key, item in value.items()}
    id_ = renamed.get("id")
    if isinstance(id_, str) and id_.startswith(f"{old}/"):
        renamed["id"] = new + id_.removeprefix(old)
    return renamed
