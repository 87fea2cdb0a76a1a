"""Addresses at which another repository stands now: they are left alone until an operator decides.

It is the same software, and its entry goes on; or it is other software, which gets an entry of its own. See
docs/security.md, "address taken over".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.audit import note
from catalog.base.errors import BadForm
from catalog.base.settings import Settings
from catalog.base.states import EntryState
from catalog.base.tables import AliasRow, RecordRow, RepositoryRow, SolutionRow, SourceRow
from catalog.changes import log
from catalog.entries import identity, publishing
from crawlers.faults import CrawlError, Fault

_CODE = "address-taken-over"
MOST = 200
LONGEST_REASON = 1_000


class Takeover(NamedTuple):
    """One such address and the entry it was read for.

    `numbers` are the forge's of what stands there now; `leads`: the entry is named after the address.
    """

    url: str
    since: str
    numbers: tuple[str, ...]
    entry: SolutionRow
    leads: bool


def fault(repository: str, aliases: Iterable[str]) -> CrawlError:
    """What is said of such an address when it is met; the numbers are kept for the one who decides."""
    numbers = {alias for alias in aliases if identity.is_number(alias)}
    return CrawlError(_CODE, url=repository, numbers=" ".join(sorted(numbers)))


def all_of(session: Session, *, entry: str = "") -> list[Takeover]:
    """The addresses that wait for a decision, the longest first; those of one entry if it is given."""
    columns = select(RepositoryRow.url, RepositoryRow.error).where(RepositoryRow.failing_since > "")
    failing = session.execute(columns.order_by(RepositoryRow.failing_since, RepositoryRow.url))
    urls = [url for url, error in failing if Fault.read(error).code == _CODE]
    takeovers = (_takeover(session, session.get_one(RepositoryRow, url)) for url in urls[:MOST])
    return [one for one in takeovers if one is not None and entry in ("", one.entry.id)]


def find(session: Session, url: str) -> Takeover:
    """The one at this address. Raises BadForm if it does not wait for a decision."""
    row = session.get(RepositoryRow, url.rstrip("/"), with_for_update=True)
    if row is None or not row.failing_since or Fault.read(row.error).code != _CODE:
        raise BadForm("not-taken-over")
    takeover = _takeover(session, row)
    if takeover is None:
        raise BadForm("not-taken-over")
    return takeover


def _takeover(session: Session, row: RepositoryRow) -> Takeover | None:
    """None where the address has no entry any more."""
    owners = identity.owners(session, [row.url])
    entry = session.get(SolutionRow, owners[0]) if owners else None
    if entry is None:
        return None
    return Takeover(
        url=row.url,
        since=row.failing_since,
        numbers=tuple(Fault.read(row.error).values.get("numbers", "").split()),
        entry=entry,
        leads=entry.repository == row.url,
    )


def keep_on(session: Session, url: str, *, account: str) -> None:
    """It is the same software (moved to another server, made anew).

    Its entry is read from what stands there now.

    Raises BadForm.
    """
    log.lock(session)
    takeover = find(session, url)
    former = AliasRow.alias == identity.former(takeover.url)
    if not takeover.numbers and not session.scalar(select(AliasRow.solution).where(former)):
        raise BadForm("number-unknown")
    others = [owner for owner in identity.owners(session, takeover.numbers) if owner != takeover.entry.id]
    if others:
        other = session.get(SolutionRow, others[0])
        raise BadForm("owned-already", name=other.name if other else others[0])
    identity.claim(session, takeover.entry.id, takeover.numbers)
    session.execute(delete(AliasRow).where(former))  # it has not moved away, or is back
    _read_again(session, takeover)
    note(session, account, action="release-same", subject=takeover.url)


def let_go(session: Session, url: str, *, reason: str, account: str, settings: Settings) -> None:
    """It is other software: the address leaves its entry, and what stands there now gets an entry of its own.

    An entry that is named after the address has nothing left to stand on: it is withdrawn for good, with the
    reason. Raises BadForm.
    """
    log.lock(session)
    takeover = find(session, url)
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise BadForm("reason-missing")
    entry = takeover.entry
    if takeover.leads and entry.state == EntryState.PENDING:
        session.execute(delete(SolutionRow).where(SolutionRow.id == entry.id))  # nobody has seen it
    elif takeover.leads and entry.state != EntryState.WITHDRAWN:
        publishing.withdraw(session, entry.id, reason=reason, settings=settings)
    addresses = (takeover.url, identity.former(takeover.url))
    session.execute(delete(AliasRow).where(AliasRow.alias.in_(addresses)))
    session.execute(delete(RecordRow).where(RecordRow.repository == takeover.url))
    _read_again(session, takeover)
    note(session, account, action="release-other", subject=takeover.url, reason=reason)


def _read_again(session: Session, takeover: Takeover) -> None:
    """The address is read whole as soon as a worker is free."""
    row = session.get_one(RepositoryRow, takeover.url)
    row.marker = row.error = row.failing_since = row.missing_since = ""
    row.failures = 0
    if not identity.owners(session, [takeover.url]):
        row.solution = ""
    source = session.get(SourceRow, row.source) if row.source else None
    if source is not None:
        source.due = clock.now()
    session.flush()
