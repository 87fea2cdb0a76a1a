"""Whose a repository is: the solution that owns it or any of its aliases, minted if there is none.

Each function works in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.base import clock, ids
from catalog.base.states import EntryState
from catalog.base.tables import RecordRow, RepositoryRow, SolutionRow
from catalog.changes import log
from catalog.entries import identity, slugs
from vocabularies.crosswalk.rows import Reading
from vocabularies.formats.lookup import row_of
from vocabularies.rdf import dcat_ap


def known(session: Session, repository: str, aliases: Iterable[str] = ()) -> bool:
    """Whether a solution owns this repository or any of its aliases."""
    return bool(identity.owners(session, [repository, *aliases]))


def name_of(reading: Reading) -> str:
    """The name a metadata file gives, for the slug; "" for what only a forge or a text says."""
    if reading.solution is None or not row_of(reading.format).metadata:
        return ""
    return dcat_ap.name(reading.solution, "de")


def solution_for(
    session: Session,
    repository: str,
    aliases: Iterable[str] = (),
    *,
    name: str = "",
    accepted: bool = True,
) -> str:
    """The id of the solution a repository belongs to; minted if nobody owns it or any of its aliases."""
    log.lock(session)  # so that two processes mint one entry, not two
    aliases = [repository, *aliases]
    numbers = [alias for alias in aliases if not identity.is_address(alias)]
    owned = (
        identity.owners(session, [repository])
        or identity.owners(session, numbers)
        or identity.owners(session, aliases)
    )
    if owned:
        identity.claim(session, owned[0], aliases)
        _renamed(session, owned[0], repository, old=aliases[1:])
        return owned[0]
    now = clock.now()
    row = SolutionRow(
        id=ids.ulid(),
        state=EntryState.DRAFT if accepted else EntryState.PENDING,
        accepted=accepted,
        repository=repository,
        created=now,
        modified=now,
        life_since=now,
    )
    slugs.assign(session, row, name or repository.rstrip("/").rsplit("/", 1)[-1])
    identity.claim(session, row.id, aliases)
    return row.id


def accept(session: Session, solution: str) -> None:
    """What an operator's own source shows waits no longer, whoever registered it before.

    The caller publishes it next.
    """
    row = session.get(SolutionRow, solution)
    if row is not None and not row.accepted:
        row.accepted = True


def _renamed(session: Session, solution: str, repository: str, *, old: Iterable[str]) -> None:
    """A repository answers under a new name: what was kept under an old one goes with it.

    A solution that was named after an old address is named after the new one.
    """
    row = session.get(SolutionRow, solution)
    old = [address for address in old if identity.is_address(address) and address != repository]
    if row is not None and identity.is_unlocated(row.repository):
        old.append(row.repository)
    if row is None or not old:
        return
    if row.repository in old:
        row.repository = repository
    _carry_over(session, solution, repository, old=old)
    former = RepositoryRow.url.in_(old) & (RepositoryRow.solution == solution)
    session.execute(delete(RepositoryRow).where(former))
    session.flush()


def _carry_over(session: Session, solution: str, repository: str, *, old: list[str]) -> None:
    """The records of old addresses become the repository's, unless it has such a document already."""
    columns = select(RecordRow.format, RecordRow.path).where(RecordRow.repository == repository)
    here = {(row.format, row.path) for row in session.execute(columns)}
    moving = (RecordRow.solution == solution) & RecordRow.repository.in_(old)
    for record in session.scalars(select(RecordRow).where(moving)):
        if (record.format, record.path) in here:
            session.delete(record)
        else:
            record.repository = repository
