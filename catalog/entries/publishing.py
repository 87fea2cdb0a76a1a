"""Publishing: all records of a solution -> one Solution and, if it changed, one entry in the change log.

Everything happens in the caller's transaction, so the document, the log and the state change together or not
at all.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import clock, ids
from catalog.base.errors import SolutionNotFound
from catalog.base.settings import Settings
from catalog.base.states import ANSWERING, EntryState, Event, Life, Outcome
from catalog.base.tables import AliasRow, CorrectionRow, RecordRow, RepositoryRow, SolutionRow, SourceRow
from catalog.changes import kinds, log
from catalog.entries import copies, identity, publishers, slugs, store
from catalog.entries.completed import completed
from catalog.entries.merge import Origin, View, merge
from crawlers.forges.registry import FORGES
from vocabularies.crosswalk.rows import Reading, unique
from vocabularies.facts import is_set
from vocabularies.formats.lookup import row_of
from vocabularies.formats.registry import CORRECTION
from vocabularies.rdf import dcat_ap, graph_writer, personal_data
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import Solution


class Published(NamedTuple):
    """What publishing came to: the solution's id, the outcome, and the state it is in now."""

    id: str
    outcome: Outcome
    state: str


def publish(session: Session, solution: str, *, settings: Settings) -> Published:
    """Merge what is known of a solution and, if its content or its visibility changed, append to the log."""
    log.lock(session)
    row = session.get(SolutionRow, solution, with_for_update=True)
    if row is None:
        raise SolutionNotFound
    views, facts = _views(session, row)
    merged, origins = merge(views)
    forge = next((FORGES[view.format] for view in views if view.leads and view.format in FORGES), None)
    merged = completed(merged, row, settings, origins=origins, forge=forge)
    merged = msgspec.structs.replace(
        merged, programme=unique((*merged.programme, *_projects(session, row)), ordered=False)
    )
    state = _state(session, row, views, facts=facts)
    if state == EntryState.COPY and row.state != EntryState.COPY:
        original = session.get_one(SolutionRow, row.copy_of)
        slugs.give_slug_to_original(session, row, original, name=dcat_ap.name(merged, "de"))
    fresh = not row.digest
    changed = _write(session, row, merged, origins=origins, state=state, settings=settings)
    _lifecycle(row, facts)
    session.flush()
    for other in slugs.displaced(session):
        publish(session, other, settings=settings)
    return Published(row.id, _outcome(changed, fresh), row.state)


def _outcome(changed: bool, fresh: bool) -> Outcome:
    if not changed:
        return Outcome.UNCHANGED
    return Outcome.NEW if fresh else Outcome.CHANGED


def _event(was_visible: bool, visible: bool) -> Event:
    """What the log says of an entry that the public could see before, and can see now."""
    if not visible:
        return Event.DELETE
    return Event.UPDATE if was_visible else Event.CREATE


def _views(session: Session, row: SolutionRow) -> tuple[list[View], dict[str, str]]:
    """The usable views of a solution's records and the forge's facts about it."""
    views: list[View] = []
    facts: dict[bool, dict[str, str]] = {True: {}, False: {}}
    query = select(RecordRow).where(RecordRow.solution == row.id).order_by(RecordRow.id)
    for record in session.scalars(query):
        reading = msgspec.json.decode(record.reading, type=Reading)
        leads = record.repository == row.repository
        facts[leads] |= reading.facts
        view = _view(record, reading, leads=leads)
        if view is not None:
            views.append(view)
    for correction in session.scalars(select(CorrectionRow).where(CorrectionRow.solution == row.id)):
        values = {correction.field: msgspec.json.decode(correction.value)}
        views.append(View(CORRECTION, msgspec.convert(values, Solution)))
    return views, facts[True] or facts[False]


def _view(record: RecordRow, reading: Reading, *, leads: bool) -> View | None:
    """A broken file keeps its last good reading; None where there never was one."""
    solution = reading.solution
    if solution is None and record.last_good:
        solution = msgspec.json.decode(record.last_good, type=Solution)
    if solution is None:
        return None
    return View(
        format=record.format,
        solution=solution,
        uri=record.uri,
        commit=record.commit,
        repository="" if identity.is_unlocated(record.repository) else record.repository,
        leads=leads,
    )


def _projects(session: Session, row: SolutionRow) -> list[str]:
    """The funded projects whose code places the solution's repositories were found at."""
    query = select(SourceRow.project).join(RepositoryRow, RepositoryRow.source == SourceRow.id)
    funded = (RepositoryRow.solution == row.id) & (SourceRow.project != "")
    return list(session.scalars(query.where(funded).distinct()))


def _state(session: Session, row: SolutionRow, views: list[View], *, facts: dict[str, str]) -> str:
    if row.state == EntryState.WITHDRAWN:
        return EntryState.WITHDRAWN
    if not row.accepted:
        return EntryState.PENDING
    if row.hidden or is_set(facts, "ignore"):
        return EntryState.HIDDEN
    row.claims, row.copy_of = copies.claim(session, row, views, facts=facts)
    if row.copy_of:
        return EntryState.COPY
    if any(row_of(view.format).metadata for view in views):
        return EntryState.LISTED
    return EntryState.DRAFT


def context(row: SolutionRow, settings: Settings) -> Context:
    """What this instance adds when it writes the solution as RDF."""
    return Context(
        base=settings.base_url,
        slug=row.slug,
        emails=settings.publish_emails,
        contributor=settings.contributor_id,
        licence=settings.data_licence,
    )


def _write(
    session: Session,
    row: SolutionRow,
    merged: Solution,
    *,
    origins: dict[str, Origin],
    state: str,
    settings: Settings,
) -> bool:
    """Store the document; append Create, Update or Delete if what the outside sees has changed.

    Whether it did.
    """
    about = context(row, settings)
    before = publishers.standing(row)
    fresh = not row.digest
    was = row.state == EntryState.LISTED and not fresh
    visible = state == EntryState.LISTED
    solution = msgspec.structs.replace(merged, modified=row.modified)
    payload = graph_writer.payload(personal_data.published(solution, about), about)
    content = log.digest(payload)
    changed = content != row.digest or was != visible
    if changed:
        now = clock.now()
        solution = msgspec.structs.replace(merged, modified=now)
        payload = graph_writer.payload(personal_data.published(solution, about), about)
        if visible or was:
            event = _event(was, visible)
            kinds.append(
                session,
                kinds.SOLUTION,
                solution.id,
                event=event,
                payload=payload if visible else None,
                in_feed=bool(solution.licence and solution.repository),
                now=now,
                first=fresh,
            )
        row.modified = now
        row.digest = log.digest(payload)
    row.state = state
    row.document = msgspec.json.encode(solution).decode()
    row.provenance = msgspec.json.encode(origins).decode()
    row.name = dcat_ap.name(solution, "de")[:500]
    row.repository = solution.repository or row.repository
    row.publisher = ids.slugify(dcat_ap.agent_name(solution), "")[:200]
    publishers.moved(session, row, solution, before=before, changed=changed, fresh=fresh)
    return changed


def digest_of(solution: Solution, row: SolutionRow, settings: Settings) -> str:
    """The digest of the payload that this instance writes of a solution."""
    about = context(row, settings)
    return log.digest(graph_writer.payload(personal_data.published(solution, about), about))


def _lifecycle(row: SolutionRow, facts: dict[str, str]) -> None:
    """reachable or archived, with the date it was first seen so.

    What fails, and what answers again, is the harvest's to say.
    """
    life = Life.ARCHIVED if is_set(facts, "archived") else Life.REACHABLE
    if row.life != life and row.life in ANSWERING and row.state != EntryState.WITHDRAWN:
        row.life = life
        row.life_since = clock.now()
        row.life_reason = ""
    row.last_activity = max(row.last_activity, facts.get("last_activity", "")[:24])


def dependants(session: Session, solution: str) -> list[str]:
    """Solutions whose own state may change when this one is published.

    Those that call themselves its copy.
    """
    aliases = select(AliasRow.alias).where(AliasRow.solution == solution)
    others = SolutionRow.claims.in_(aliases) & (SolutionRow.id != solution)
    return list(session.scalars(select(SolutionRow.id).where(others)))


def withdraw(session: Session, solution: str, *, reason: str, settings: Settings) -> None:
    """Take a solution back for good: 410 with a tombstone from now on, a Delete in the log."""
    log.lock(session)
    row = session.get(SolutionRow, solution, with_for_update=True)
    if row is None:
        raise SolutionNotFound
    if row.state == EntryState.LISTED:
        subject = ids.solution(settings.base_url, row)
        kinds.append(session, kinds.SOLUTION, subject, event=Event.DELETE, payload=None)
    before = publishers.standing(row)
    row.state = EntryState.WITHDRAWN
    row.withdrawn = clock.now()
    row.life_reason = reason
    publishers.moved(session, row, store.solution_of(row), before=before, changed=False)
