"""The sources an operator keeps: found by address, added, paused, removed."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.errors import SourceNotFound
from catalog.base.language import Translator, crawl_error
from catalog.base.states import SHOWN_SOURCES, SourceState
from catalog.base.tables import SourceRow
from catalog.operations.services import Services
from crawlers.faults import CrawlError, Fault
from crawlers.forges.forge import REPOSITORY
from crawlers.forges.registry import FORGES
from crawlers.registry import source_for


def find_or_add(services: Services, target: str, *, state: SourceState = SourceState.ACTIVE) -> int:
    """The number of the source that a number or an address means; added if it is new. Raises CrawlError, SourceNotFound."""
    if not target.isdigit() and not set(target) & set(".:/"):
        raise CrawlError("no-url", url=target)
    with services.database.read() as session:
        if target.isdigit():
            known = session.get(SourceRow, int(target))
            if known is None:
                raise SourceNotFound
            return known.id
        row = session.scalars(select(SourceRow).where(SourceRow.url == target.rstrip("/"))).first()
    if row is not None:
        return _adopted(services, row, state)
    source = source_for(target, services.http)
    now = clock.now()
    with services.database.write() as session:
        row = session.scalars(select(SourceRow).where(SourceRow.url == source.url)).first()
        if row is None:
            due = clock.later(now, hours=services.settings.crawl_hours)
            row = SourceRow(
                kind=source.kind,
                url=source.url,
                options=msgspec.json.encode(source.options).decode(),
                state=state,
                added=now,
                due=due,
            )
            session.add(row)
            session.flush()
    return _adopted(services, row, state)


def _adopted(services: Services, row: SourceRow, state: str) -> int:
    """An operator's word counts: what a visitor registered, whether it waits, was refused or could not be read, is a source from now on."""
    if row.state in (SourceState.ATTEMPT, SourceState.PENDING, SourceState.REFUSED):
        set_state(services, row.id, state)
    return row.id


def all_of(services: Services) -> list[SourceRow]:
    """All sources, by address."""
    with services.database.read() as session:
        return list(session.scalars(select(SourceRow).order_by(SourceRow.url)))


class Shown(NamedTuple):
    """A page of the sources that visitors see, how many there are, and how many of them fail."""

    rows: list[SourceRow]
    total: int
    failing: int


def shown_page(session: Session, *, number: int, size: int) -> Shown:
    """A page of what visitors see, by address."""
    public = SourceRow.state.in_(SHOWN_SOURCES)
    failing = func.count(case((SourceRow.failing_since != "", 1)))
    total, failed = session.execute(select(func.count(), failing).where(public)).one()
    page = select(SourceRow).where(public).order_by(SourceRow.url).limit(size).offset((number - 1) * size)
    return Shown(list(session.scalars(page)), total, failed)


def set_state(services: Services, number: int, state: str) -> None:
    """active, paused or removed. Raises SourceNotFound."""
    with services.database.write() as session:
        row = session.get(SourceRow, number)
        if row is None:
            raise SourceNotFound
        if state == "removed":
            session.execute(delete(SourceRow).where(SourceRow.id == number))
        else:
            row.state = state


def kind(row: SourceRow, words: Translator) -> str:
    """In words: on which forge it lies, or that it is a single repository."""
    if row.kind in FORGES:
        return FORGES[row.kind].label
    return words.gettext("a single repository") if row.kind == REPOSITORY else row.kind


def health(row: SourceRow, words: Translator) -> str:
    """In words: read last when, or failing since when and why."""
    if row.failing_since:
        error = Fault.read(row.error or '{"code":"unreachable"}')
        return words.gettext(
            "not reached since {date}: {reason}",
            date=words.date(row.failing_since),
            reason=crawl_error(words, error.code, error.values),
        )
    return (
        words.gettext("read on {date}", date=words.date(row.succeeded))
        if row.succeeded
        else words.gettext("not read yet")
    )
