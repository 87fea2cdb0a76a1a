"""Registering: a repository that anybody names is read now and waits until an operator accepts it.

What cannot be read leaves nothing but the attempt, which retention.py deletes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TakesLonger
from typing import NamedTuple

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.errors import Unread, Unregistered
from catalog.base.states import VISIBLE, EntryState, Registered, SourceState
from catalog.base.tables import RepositoryRow, SolutionRow, SourceRow
from catalog.checking import check
from catalog.entries import identity
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.runs import Summary
from crawlers.faults import CrawlError, Interrupted
from crawlers.forges.addresses import canonical
from crawlers.net.address import split
from crawlers.net.http import Http
from crawlers.source import Source

SECONDS = 20.0
STALE_MINUTES = 15  # a pending source that has no entry after this time was left by a process that died
_READERS = ThreadPoolExecutor(4, thread_name_prefix="register")
_BEGINNING = threading.Lock()
_AS_REGISTERED = {
    EntryState.PENDING: Registered.WAITING,
    EntryState.HIDDEN: Registered.HIDDEN,
    EntryState.WITHDRAWN: Registered.HIDDEN,
}


class Outcome(NamedTuple):
    """What became of a registration; `reason` is the operator's, of one that was refused."""

    state: Registered
    url: str
    solution: str = ""
    reason: str = ""


def register(
    database: Database,
    text: str,
    *,
    http: Http,
    harvest: Callable[[], Harvest],
    seconds: float = SECONDS,
) -> Outcome:
    """Read the repository at this address now and keep it as pending.

    What takes longer goes on behind the answer.

    Raises Unregistered.
    """
    try:
        url = _address(text, http)
        with database.read() as session:
            known = _known(session, url)
        if known is not None:
            return known
        source = check.single(url, http)
    except (CrawlError, Interrupted) as error:
        raise Unregistered(error.code, **error.values) from error
    except Unread as error:
        raise Unregistered("one-at-a-time", **error.values) from error
    number = _begin(database, source)
    if number is None:
        return Outcome(Registered.WAITING, source.url)
    reading = _READERS.submit(_read, database, number, source, harvest=harvest)
    try:
        return reading.result(timeout=seconds)
    except TakesLonger:
        return Outcome(Registered.SLOW, source.url)


def _address(text: str, http: Http) -> str:
    """The repository's one spelling, or the address of an owner as it stands.

    CrawlError for what may not be read.
    """
    text = text.strip()
    if not text:
        raise Unregistered("address-missing")
    if re.match(r"http://", text, re.IGNORECASE):
        address = split(text)
        if not http.guard.is_private(address):
            raise CrawlError("not-https", url=str(address))
    try:
        url = canonical(text)
    except CrawlError as error:
        if error.code != "not-a-repository":
            raise
        url = text if "://" in text else f"https://{text}"
    http.guard.check(url)
    return url


def _known(session: Session, url: str) -> Outcome | None:
    """What the catalogue knows of this repository already, None if nothing or only a failed attempt."""
    source = session.scalars(select(SourceRow).where(SourceRow.url == url)).first()
    if source is not None and source.state == SourceState.REFUSED:
        options = msgspec.json.decode(source.options, type=dict[str, str])
        return Outcome(Registered.REFUSED, url, reason=options.get("reason", ""))
    owners = identity.owners(session, [url])
    if owners:
        return _of(session, owners[0], url)
    if source is None or _abandoned(source):
        return None
    return Outcome(Registered.WAITING if source.state == SourceState.PENDING else Registered.QUEUED, url)


def _abandoned(source: SourceRow) -> bool:
    """An attempt that came to nothing, or one whose reader died (asked where no entry is known)."""
    if source.state == SourceState.ATTEMPT:
        return True
    stale = clock.later(clock.now(), minutes=-STALE_MINUTES)
    return source.state == SourceState.PENDING and source.added < stale


def _of(session: Session, solution: str, url: str) -> Outcome:
    """What is said of an entry that is there already: of a copy, its original is shown."""
    row = session.get_one(SolutionRow, solution)
    state = _AS_REGISTERED.get(EntryState(row.state), Registered.KNOWN)
    origin = session.get(SolutionRow, row.copy_of) if row.copy_of else None
    shown = origin if origin is not None and origin.state in VISIBLE else row
    return Outcome(state, url, shown.id)


def _begin(database: Database, source: Source) -> int | None:
    """The number of the pending source; None if somebody else registers it at this moment."""
    now = clock.now()
    try:
        with _BEGINNING, database.write() as session:
            row = session.scalars(select(SourceRow).where(SourceRow.url == source.url)).first()
            if row is None:
                row = SourceRow(url=source.url, added=now, due=now)
                session.add(row)
            elif not _abandoned(row):
                return None
            row.kind = source.kind
            row.options = msgspec.json.encode(source.options).decode()
            row.state = SourceState.PENDING
            row.added = now
            session.flush()
            return row.id
    except IntegrityError:
        return None


def _read(database: Database, number: int, source: Source, *, harvest: Callable[[], Harvest]) -> Outcome:
    """Crawl, and say what came of it.

    Runs in a thread of its own, so that it ends well even if nobody waits any more.
    """
    finished = False
    try:
        summary = harvest().run(number)
        fault = _fault(database, source, summary)
        if fault is not None:
            raise fault
        outcome = _outcome(database, summary.solutions[0], source.url)
        finished = outcome.state == Registered.NEW
        return outcome
    finally:
        if not finished:
            _give_up(database, number)


def _outcome(database: Database, solution: str, url: str) -> Outcome:
    """A new entry, unless the repository turned out to belong to one that is public already."""
    with database.read() as session:
        row = session.get(SolutionRow, solution)
        if row is not None and row.accepted:
            return _of(session, solution, url)
    return Outcome(Registered.NEW, url, solution)


def _fault(database: Database, source: Source, summary: Summary) -> Unregistered | None:
    """Why a run made no entry; None if it made one."""
    fault = summary.error or next((fault for _, fault in summary.failures), None)
    if fault is not None:
        return Unregistered(fault.code, **fault.values)
    if summary.solutions:
        return None
    if summary.interrupted is not None:
        return Unregistered(summary.interrupted.code)
    with database.read() as session:
        markers = list(session.scalars(select(RepositoryRow.marker).where(RepositoryRow.url == source.url)))
    if any(not marker or "empty" in marker.split(" ") for marker in markers):
        return Unregistered("empty-repository", url=source.url)
    name = source.url.rsplit("/", 1)[-1]
    return Unregistered("dot-repository" if name.startswith(".") else "no-entry")


def _give_up(database: Database, number: int) -> None:
    """Keep nothing but the attempt."""
    with database.write() as session:
        unread = (RepositoryRow.source == number) & (RepositoryRow.solution == "")
        session.execute(delete(RepositoryRow).where(unread))
        row = session.get(SourceRow, number)
        if row is not None:
            row.state = SourceState.ATTEMPT
