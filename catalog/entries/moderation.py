"""What an operator decides: accept, refuse, hide, withdraw, correct, and what is done with sources.

Each decision leaves a line in the audit log, in the same transaction. Each locks the end of the log before
any row, as publishing does, so that an operator and a crawl never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.audit import note
from catalog.base.errors import BadForm, SolutionNotFound, SourceNotFound
from catalog.base.settings import Settings
from catalog.base.states import UNDECIDED_SOURCES, EntryState, SourceState
from catalog.base.tables import CorrectionRow, RepositoryRow, SolutionRow, SourceRow
from catalog.changes import log
from catalog.entries import publishing
from vocabularies.terms import Agent, Solution
from vocabularies.values import kinds

LONGEST_REASON = 1_000
# What can be corrected: the form's name -> the field of Solution it belongs to and, for a text, its language.
CORRECTABLE: dict[str, tuple[str, str]] = {
    "licence": ("licence", ""),
    "publisher": ("publisher", ""),
    "landing_page": ("landing_page", ""),
    "name_de": ("name", "de"),
    "name_en": ("name", "en"),
    "short_text_de": ("short_text", "de"),
    "short_text_en": ("short_text", "en"),
}


def accept(session: Session, solution: str, *, account: str, settings: Settings) -> None:
    """A pending entry becomes public, and its source is crawled from now on.

    Raises BadForm if it is not waiting.
    """
    log.lock(session)
    row = _pending(session, solution)
    row.accepted = True
    session.flush()
    publishing.publish(session, solution, settings=settings)
    for source in _sources(session, solution):
        source.state = SourceState.ACTIVE
        source.due = clock.later(clock.now(), hours=settings.crawl_hours)
    for other in publishing.dependants(session, solution):
        publishing.publish(session, other, settings=settings)
    note(session, account, action="accept", subject=row.repository)


def refuse(session: Session, solution: str, *, reason: str, account: str) -> None:
    """A pending entry is deleted with all that was read.

    Its source stays as refused, so that the next attempt is told why.
    """
    log.lock(session)
    row = _pending(session, solution)
    reason = _reason(reason)
    for source in _sources(session, solution):
        options = msgspec.json.decode(source.options, type=dict[str, str])
        source.options = msgspec.json.encode({**options, "reason": reason}).decode()
        source.state = SourceState.REFUSED
    note(session, account, action="refuse", subject=row.repository, reason=reason)
    session.execute(delete(RepositoryRow).where(RepositoryRow.solution == solution))
    session.execute(delete(SolutionRow).where(SolutionRow.id == solution))


def hide(session: Session, solution: str, *, reason: str, account: str, settings: Settings) -> None:
    """Take an entry out of site and feeds until it is shown again."""
    log.lock(session)
    row = _entry(session, solution)
    row.hidden = _reason(reason)
    _republish(session, row, settings)
    note(session, account, action="hide", subject=row.slug, reason=row.hidden)


def show(session: Session, solution: str, *, account: str, settings: Settings) -> None:
    """Show a hidden entry again."""
    log.lock(session)
    row = _entry(session, solution)
    row.hidden = ""
    _republish(session, row, settings)
    note(session, account, action="show", subject=row.slug)


def withdraw(session: Session, solution: str, *, reason: str, account: str, settings: Settings) -> None:
    """Take an entry back for good: 410 with a tombstone, a Delete in the log."""
    log.lock(session)
    row = _entry(session, solution)
    reason = _reason(reason)
    publishing.withdraw(session, solution, reason=reason, settings=settings)
    note(session, account, action="withdraw", subject=row.slug, reason=reason)


def correct(
    session: Session, solution: str, values: Mapping[str, str], *, account: str, settings: Settings
) -> list[str]:
    """Lay the operator's words over what the sources say; an empty one is taken away again. Raises BadForm.

    Gives the fields that changed.
    """
    log.lock(session)
    row = _entry(session, solution)
    wanted = _fields(values)
    kept = {item.field: item.value for item in _corrections(session, solution)}
    changed = []
    for field in dict.fromkeys(field for field, _ in CORRECTABLE.values()):
        value = msgspec.json.encode(wanted[field]).decode() if field in wanted else ""
        if value != kept.get(field, ""):
            changed.append(field)
            _lay(session, solution, field, value=value)
    session.flush()
    if changed:
        session.expire_all()
        _republish(session, _entry(session, solution), settings)
        note(session, account, action="correct", subject=row.slug, reason=", ".join(changed))
    return changed


def _lay(session: Session, solution: str, field: str, *, value: str) -> None:
    """Put an operator's word (JSON) on a field; "" takes away the one that lies there."""
    there = (CorrectionRow.solution == solution) & (CorrectionRow.field == field)
    session.execute(delete(CorrectionRow).where(there))
    if value:
        session.add(CorrectionRow(solution=solution, field=field, value=value, made=clock.now()))


def corrections(session: Session, solution: str) -> dict[str, str]:
    """The corrections as the form shows them."""
    values = {item.field: msgspec.json.decode(item.value) for item in _corrections(session, solution)}
    laid = msgspec.convert(values, Solution)
    publisher = laid.publisher.name.get("", "") if laid.publisher else ""
    shown = {"licence": laid.licence, "publisher": publisher, "landing_page": laid.landing_page}
    for name, (field, language) in CORRECTABLE.items():
        if language:
            shown[name] = getattr(laid, field).get(language, "")
    return shown


def set_source(session: Session, number: int, action: str, *, account: str) -> None:
    """Do one of SOURCE_ACTIONS. Raises SourceNotFound."""
    log.lock(session)
    row = session.get(SourceRow, number)
    if row is None or row.state in UNDECIDED_SOURCES:
        raise SourceNotFound
    note(session, account, action=f"source-{action}", subject=row.url)
    SOURCE_ACTIONS[action](session, row)


def _pause(_session: Session, row: SourceRow) -> None:
    row.state = SourceState.PAUSED


def _resume(_session: Session, row: SourceRow) -> None:
    row.state = SourceState.ACTIVE


def _read_soon(_session: Session, row: SourceRow) -> None:
    row.due = clock.now()  # after the run that is under way, if one is


def _remove(session: Session, row: SourceRow) -> None:
    session.execute(delete(SourceRow).where(SourceRow.id == row.id))


# What can be done with a source; the audit log calls it `source-` and the name.
SOURCE_ACTIONS = {"pause": _pause, "resume": _resume, "now": _read_soon, "remove": _remove}


def _pending(session: Session, solution: str) -> SolutionRow:
    row = _entry(session, solution)
    if row.state != EntryState.PENDING:
        raise BadForm("not-pending")
    return row


def _entry(session: Session, solution: str) -> SolutionRow:
    row = session.get(SolutionRow, solution, with_for_update=True)
    if row is None:
        raise SolutionNotFound
    if row.state == EntryState.WITHDRAWN:
        raise BadForm("entry-withdrawn")
    return row


def _republish(session: Session, row: SolutionRow, settings: Settings) -> None:
    session.flush()
    publishing.publish(session, row.id, settings=settings)
    for other in publishing.dependants(session, row.id):
        publishing.publish(session, other, settings=settings)


def _reason(text: str) -> str:
    text = " ".join(text.split())[:LONGEST_REASON]
    if not text:
        raise BadForm("reason-missing")
    return text


def _sources(session: Session, solution: str) -> list[SourceRow]:
    """The pending sources that this entry was registered by."""
    numbers = select(RepositoryRow.source).where(RepositoryRow.solution == solution)
    pending = SourceRow.id.in_(numbers) & (SourceRow.state == SourceState.PENDING)
    return list(session.scalars(select(SourceRow).where(pending)))


def _corrections(session: Session, solution: str) -> list[CorrectionRow]:
    return list(session.scalars(select(CorrectionRow).where(CorrectionRow.solution == solution)))


def _fields(values: Mapping[str, str]) -> dict[str, Any]:
    """Form -> field -> value as Solution keeps it, empty ones left out."""
    fields: dict[str, Any] = {}
    for name, (field, language) in CORRECTABLE.items():
        text = " ".join(values.get(name, "").split())[:1_000]
        if text and language:
            fields.setdefault(field, {})[language] = text
        elif text:
            fields[field] = _plain(field, text)
    return fields


def _plain(field: str, text: str) -> Any:
    if field == "publisher":
        return Agent(name={"": text})
    if field == "licence":
        expression = kinds.spdx(text)
        if not expression:
            raise BadForm("not-a-licence", value=text)
        return expression
    address = kinds.mend_url(text)
    if not address:
        raise BadForm("not-an-address", value=text)
    return address
