"""Addresses that are left alone because another repository stands there now, and what an operator decides about them.

It is the same software, and its entry goes on; or it is other software, which gets an entry of its own. See
docs/security.md, "address taken over".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, or_, select
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

# How such a failure begins in RepositoryRow.error; the second as earlier versions wrote it.
_PREFIXES = ('{"code":"address-taken-over"', '{"code":"replaced"')
MOST = 200

SENTENCES = {
    "not-frozen": "This address is not left alone (any more). ‘allmende release’ and the overview show those that are.",
    "owned": "The repository that stands there now belongs to the entry ‘{name}’ already. Say that it is other software: the address then goes to that entry.",
    "unknown-number": "It was not noted which repository stands there now. It is noted at the next visit; please decide then.",
    "reason": "Please give a reason.",
    "either": "Please give either --same or --other REASON.",
}


class Frozen(NamedTuple):
    """One such address: the entry it was read for, whether that entry is named after it, and the forge's numbers of what stands there now."""

    url: str
    since: str
    numbers: tuple[str, ...]
    entry: SolutionRow
    leads: bool


def fault(repository: str, aliases: Iterable[str]) -> CrawlError:
    """What is said of such an address when it is met; the numbers are kept for the one who decides."""
    return CrawlError("address-taken-over", url=repository, numbers=" ".join(sorted(_numbers(aliases))))


def _numbers(aliases: Iterable[str]) -> set[str]:
    return {alias for alias in aliases if "#" in alias and "://" not in alias}


def all_of(session: Session, *, entry: str = "") -> list[Frozen]:
    """The addresses that wait for a decision, the longest first; those of one entry if it is given."""
    frozen = or_(*(RepositoryRow.error.startswith(prefix, autoescape=True) for prefix in _PREFIXES))
    query = select(RepositoryRow).where(RepositoryRow.failing_since > "", frozen)
    found = (
        _frozen(session, row)
        for row in session.scalars(query.order_by(RepositoryRow.failing_since, RepositoryRow.url).limit(MOST))
    )
    return [one for one in found if one is not None and entry in ("", one.entry.id)]


def find(session: Session, url: str) -> Frozen:
    """The one at this address. Raises BadForm if it does not wait for a decision."""
    row = session.get(RepositoryRow, url.rstrip("/"), with_for_update=True)
    found = (
        _frozen(session, row)
        if row is not None and row.failing_since and row.error.startswith(_PREFIXES)
        else None
    )
    if found is None:
        raise BadForm(reason=SENTENCES["not-frozen"])
    return found


def _frozen(session: Session, row: RepositoryRow) -> Frozen | None:
    owners = identity.owners(session, [row.url])
    entry = session.get(SolutionRow, owners[0]) if owners else None
    if entry is None:
        return None
    numbers = Fault.read(row.error).values.get("numbers", "").split()
    return Frozen(row.url, row.failing_since, tuple(numbers), entry, entry.repository == row.url)


def keep_on(session: Session, url: str, *, account: str) -> None:
    """It is the same software (moved to another server, made anew): its entry is read from what stands there now. Raises BadForm."""
    log.lock(session)
    one = find(session, url)
    former = AliasRow.alias == identity.FORMER + one.url
    if not one.numbers and not session.scalar(select(AliasRow.solution).where(former)):
        raise BadForm(reason=SENTENCES["unknown-number"])
    others = [owner for owner in identity.owners(session, one.numbers) if owner != one.entry.id]
    if others:
        other = session.get(SolutionRow, others[0])
        raise BadForm(reason=SENTENCES["owned"], name=other.name if other else others[0])
    identity.claim(session, one.entry.id, one.numbers)
    session.execute(delete(AliasRow).where(former))  # it has not moved away, or is back
    _thaw(session, one)
    note(session, account, "release-same", one.url)


def let_go(session: Session, url: str, *, reason: str, account: str, settings: Settings) -> None:
    """It is other software: the address leaves its entry, and what stands there now gets an entry of its own. Raises BadForm.

    An entry that is named after the address has nothing left to stand on: it is withdrawn for good, with the reason.
    """
    log.lock(session)
    one, reason = find(session, url), " ".join(reason.split())[:1_000]
    if not reason:
        raise BadForm(reason=SENTENCES["reason"])
    if one.leads and one.entry.state == EntryState.PENDING:
        session.execute(delete(SolutionRow).where(SolutionRow.id == one.entry.id))  # nobody has seen it
    elif one.leads and one.entry.state != EntryState.WITHDRAWN:
        publishing.withdraw(session, one.entry.id, reason=reason, settings=settings)
    session.execute(delete(AliasRow).where(AliasRow.alias.in_((one.url, identity.FORMER + one.url))))
    session.execute(delete(RecordRow).where(RecordRow.repository == one.url))
    _thaw(session, one)
    note(session, account, "release-other", one.url, reason)


def _thaw(session: Session, one: Frozen) -> None:
    """The address is read whole as soon as a worker is free."""
    row = session.get(RepositoryRow, one.url)
    assert row is not None
    row.marker, row.error, row.failing_since, row.failures = "", "", "", 0
    if not identity.owners(session, [one.url]):
        row.solution = ""
    source = session.get(SourceRow, row.source) if row.source else None
    if source is not None:
        source.due, source.leased_until = clock.now(), ""
    session.flush()
