"""The sources an operator keeps: found by number or address, added, and how each is."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.errors import SourceNotFound
from catalog.base.language import Translator, sentence
from catalog.base.settings import Settings
from catalog.base.states import SourceState
from catalog.base.tables import SourceRow
from crawlers.faults import CrawlError, Fault
from crawlers.forges.forge import REPOSITORY
from crawlers.forges.registry import FORGES
from crawlers.net.http import Http
from crawlers.registry import source_for
from crawlers.source import Source

# What an operator's word makes a source of their own.
_NOT_YET_OURS = frozenset((SourceState.ATTEMPT, SourceState.PENDING, SourceState.REFUSED))


def find_or_add(
    database: Database,
    target: str,
    *,
    http: Http,
    settings: Settings,
    state: SourceState = SourceState.ACTIVE,
) -> int:
    """The number of the source that a number or an address means; added in this state if it is new.

    The forge of a new address is asked between two transactions. Raises CrawlError, SourceNotFound.
    """
    if not target.isdigit() and not set(target) & set(".:/"):
        raise CrawlError("no-url", url=target)
    if target.isdigit():
        with database.read() as session:
            return _numbered(session, int(target))
    with database.write() as session:
        number = _adopted(session, target.rstrip("/"), state)
    if number is not None:
        return number
    source = source_for(target, http)
    with database.write() as session:
        number = _adopted(session, source.url, state)
        return _added(session, source, settings, state=state) if number is None else number


def _numbered(session: Session, number: int) -> int:
    row = session.get(SourceRow, number)
    if row is None:
        raise SourceNotFound
    return row.id


def _adopted(session: Session, url: str, state: SourceState) -> int | None:
    """The source at an address.

    An operator's word counts: what a visitor registered is a source from now on.
    """
    row = session.scalars(select(SourceRow).where(SourceRow.url == url)).first()
    if row is None:
        return None
    if row.state in _NOT_YET_OURS:
        row.state = state
    return row.id


def _added(session: Session, source: Source, settings: Settings, *, state: SourceState) -> int:
    now = clock.now()
    row = SourceRow(
        kind=source.kind,
        url=source.url,
        options=msgspec.json.encode(source.options).decode(),
        state=state,
        added=now,
        due=clock.later(now, hours=settings.crawl_hours),
    )
    session.add(row)
    session.flush()
    return row.id


def all_of(session: Session) -> list[SourceRow]:
    """All sources, by address."""
    return list(session.scalars(select(SourceRow).order_by(SourceRow.url)))


def kind(row: SourceRow, words: Translator) -> str:
    """In words: on which forge it lies, or that it is a single repository."""
    if row.kind in FORGES:
        return FORGES[row.kind].label
    return words.gettext("a single repository") if row.kind == REPOSITORY else row.kind


def health(row: SourceRow, words: Translator) -> str:
    """In words: read last when, or failing since when and why."""
    if row.failing_since:
        date = words.date(row.failing_since)
        reason = sentence(words, Fault.read(row.error) if row.error else Fault("unreachable"))
        return words.gettext("not reached since {date}: {reason}", date=date, reason=reason)
    if row.succeeded:
        return words.gettext("read on {date}", date=words.date(row.succeeded))
    return words.gettext("not read yet")
