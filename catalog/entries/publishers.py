"""Publishers and bodies that entries name: two small tables, so that no page reads all entries.

They are kept in the transaction that publishes an entry, and can be made anew from `solution` at any time
(`rebuild`).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import case, delete, func, insert, select, text
from sqlalchemy.orm import Session

from catalog.base import ids
from catalog.base.errors import PublisherNotFound
from catalog.base.loaded import changed_by_statement
from catalog.base.states import PUBLISHED, EntryState
from catalog.base.tables import InvolvedRow, MetaRow, PublisherRow, SolutionRow
from catalog.entries import store
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Solution

_LONGEST_NAME, _LONGEST_ROLE = 500, 40
_BATCH = 500
_USERS = 100  # entries that name a body as their user, read at once
_META, _VERSION = "publishers", "1"  # raise the version when what the tables hold changes
_USER = "deployer"  # the role of those who use a solution
_INVOLVED = insert(InvolvedRow.metadata.tables[InvolvedRow.__tablename__])
_ONE_MORE = text(
    "INSERT INTO publisher (slug, name, listed, drafts) VALUES (:slug, :name, 1, 0) "
    "ON CONFLICT (slug) DO UPDATE SET name = excluded.name, listed = publisher.listed + 1"
)


class Standing(NamedTuple):
    """What decides how an entry counts: the slug of its publisher and its state."""

    publisher: str
    state: str

    @property
    def counts(self) -> bool:
        """Whether it counts among what its publisher publishes."""
        return bool(self.publisher) and self.state in PUBLISHED


def standing(row: SolutionRow) -> Standing:
    """How an entry counts now."""
    return Standing(row.publisher, row.state)


def moved(
    session: Session,
    row: SolutionRow,
    solution: Solution,
    *,
    before: Standing,
    changed: bool,
    fresh: bool = False,
) -> None:
    """Count an entry where it stands now, not where it stood before; keep whom it names in which role.

    `changed`: its content was written just now, so that it is the newest of its publisher. `fresh`: it is
    published for the first time, so that it named nobody before.
    """
    now = standing(row)
    if fresh and changed and now.state == EntryState.LISTED and now.counts and not before.counts:
        _newest_of(session, now.publisher, dcat_ap.agent_name(solution)[:_LONGEST_NAME])
    elif now.counts:
        publisher = _entered(session, now, fresh=before != now)
        if now.state == EntryState.LISTED or not publisher.listed:
            newest = dcat_ap.agent_name(solution)[:_LONGEST_NAME] if changed else ""
            stays = publisher.name if before == now else ""
            publisher.name = newest or stays or _name(session, now.publisher)
    if before.counts and before != now:
        _leave(session, before)  # afterwards, so that a publisher of one entry does not go and come
    _involve(session, row.id, solution, fresh=fresh)


def _newest_of(session: Session, slug: str, name: str) -> None:
    """A new listed entry, by one statement: it counts, and its publisher's name is as it writes it."""
    session.connection().execute(_ONE_MORE, {"slug": slug, "name": name})
    changed_by_statement(session, PublisherRow, slug)


def _entered(session: Session, now: Standing, *, fresh: bool) -> PublisherRow:
    with session.no_autoflush:  # written with the entry, in one go
        row = session.get(PublisherRow, now.publisher)
    if row is None:
        row = PublisherRow(slug=now.publisher, name="", listed=0, drafts=0)
        session.add(row)
    if fresh:
        _count(row, now.state, 1)
    return row


def _leave(session: Session, before: Standing) -> None:
    row = session.get(PublisherRow, before.publisher)
    if row is None:
        return
    _count(row, before.state, -1)
    if not row.listed and not row.drafts:
        session.delete(row)
        return
    row.name = _name(session, before.publisher) or row.name


def _count(row: PublisherRow, state: str, by: int) -> None:
    if state == EntryState.LISTED:
        row.listed += by
    else:
        row.drafts += by


def _name(session: Session, slug: str) -> str:
    """The name as the newest listed entry of the publisher writes it, else the newest draft.

    "" if there is none.
    """
    query = select(SolutionRow).where(SolutionRow.publisher == slug, SolutionRow.state.in_(PUBLISHED))
    drafts_last = case((SolutionRow.state == EntryState.LISTED, 0), else_=1)
    row = session.scalars(
        query.order_by(drafts_last, SolutionRow.modified.desc(), SolutionRow.id.desc()).limit(1)
    ).first()
    return dcat_ap.agent_name(store.solution_of(row))[:_LONGEST_NAME] if row is not None else ""


def _involve(session: Session, solution_id: str, solution: Solution, *, fresh: bool) -> None:
    wanted = _named(solution)
    there: dict[tuple[str, str], InvolvedRow] = {}
    if not fresh:
        query = select(InvolvedRow).where(InvolvedRow.solution == solution_id)
        with session.no_autoflush:
            there = {(row.slug, row.role): row for row in session.scalars(query)}
    for key, row in there.items():
        if key not in wanted:
            session.delete(row)
    new = sorted(wanted - there.keys())
    if new:
        rows = [{"slug": slug, "role": role, "solution": solution_id} for slug, role in new]
        session.connection().execute(_INVOLVED, rows)


def _named(solution: Solution) -> set[tuple[str, str]]:
    """(slug of the name, role) of every body an entry names. A body may be named in several languages."""
    named: set[tuple[str, str]] = set()
    for attribution in solution.attributions:
        for name in attribution.agent.name.values() if attribution.agent else ():
            slug = ids.slugify(name, "")
            if slug:
                named.add((slug, attribution.role[:_LONGEST_ROLE]))
    return named


def get(session: Session, slug: str) -> PublisherRow:
    """A publisher. Raises PublisherNotFound."""
    row = session.get(PublisherRow, slug)
    if row is None:
        raise PublisherNotFound
    return row


def page(session: Session, *, words: str, number: int, size: int) -> tuple[int, list[PublisherRow]]:
    """(how many publishers have these words in their name, a page of them by slug)."""
    every = select(PublisherRow)
    if words:
        every = every.where(PublisherRow.slug.contains(ids.slugify(words, "?"), autoescape=True))
    total = session.scalar(select(func.count()).select_from(every.subquery())) or 0
    shown = every.order_by(PublisherRow.slug).limit(size).offset((number - 1) * size)
    return total, list(session.scalars(shown))


def entries(session: Session, publisher: PublisherRow, *, number: int, size: int) -> list[SolutionRow]:
    """A page of what a publisher publishes: what is listed by name, then its drafts."""
    start = (number - 1) * size
    listed = _of_state(session, publisher.slug, EntryState.LISTED, start=start, size=size)
    after = max(start - publisher.listed, 0)
    drafts = _of_state(session, publisher.slug, EntryState.DRAFT, start=after, size=size - len(listed))
    return [*listed, *drafts]


def _of_state(session: Session, slug: str, state: str, *, start: int, size: int) -> list[SolutionRow]:
    """One state at a time, so that the index on publisher, state and name gives the order."""
    own = select(SolutionRow).where(SolutionRow.publisher == slug, SolutionRow.state == state)
    return list(session.scalars(own.order_by(SolutionRow.name, SolutionRow.id).limit(size).offset(start)))


def used_by(session: Session, slug: str, *, limit: int) -> list[SolutionRow]:
    """Listed solutions that name a body among their users, by name; of many, those entered first.

    Names are free text there: equal slugs count as the same.
    """
    # The states are looked at here: SQLite would begin with every listed solution. A few more are enough.
    named = (InvolvedRow.slug == slug) & (InvolvedRow.role == _USER)
    ids = select(InvolvedRow.solution).where(named).order_by(InvolvedRow.solution)
    found: list[SolutionRow] = []
    start = 0
    while len(found) < limit and (batch := list(session.scalars(ids.limit(_USERS).offset(start)))):
        rows = session.scalars(select(SolutionRow).where(SolutionRow.id.in_(batch)).order_by(SolutionRow.id))
        found += [row for row in rows if row.state == EntryState.LISTED]
        start += _USERS
    return sorted(found[:limit], key=lambda row: (row.name, row.id))


def name_of(session: Session, slug: str) -> str:
    """The name of a publisher, "" if there is none."""
    row = session.get(PublisherRow, slug) if slug else None
    return row.name if row is not None else ""


def names_of(session: Session, slugs: list[str]) -> dict[str, str]:
    """Slug -> name of publishers."""
    rows = session.execute(select(PublisherRow.slug, PublisherRow.name).where(PublisherRow.slug.in_(slugs)))
    return {row.slug: row.name for row in rows}


def ensure(session: Session) -> bool:
    """Make both tables anew if another version made them, or none. Whether that was needed."""
    made = session.get(MetaRow, _META)
    if made is not None and made.value == _VERSION:
        return False
    rebuild(session)
    session.merge(MetaRow(key=_META, value=_VERSION))
    return True


def rebuild(session: Session) -> int:
    """Make both tables anew from the entries. How many entries were looked at."""
    session.execute(delete(InvolvedRow))
    session.execute(delete(PublisherRow))
    made: dict[str, PublisherRow] = {}
    # The newest listed entry comes last of its publisher, so that its word stands. Ids first: sorting whole
    # rows would take hundreds of megabytes.
    in_order = (SolutionRow.state == EntryState.LISTED, SolutionRow.modified, SolutionRow.id)
    every = list(session.scalars(select(SolutionRow.id).order_by(*in_order)))
    for start in range(0, len(every), _BATCH):
        batch = every[start : start + _BATCH]
        rows = {row.id: row for row in session.scalars(select(SolutionRow).where(SolutionRow.id.in_(batch)))}
        involved: list[dict[str, str]] = []
        for id_ in batch:
            solution = store.solution_of(rows[id_])
            _counted(made, standing(rows[id_]), solution)
            named = sorted(_named(solution))
            involved += [{"slug": slug, "role": role, "solution": id_} for slug, role in named]
        if involved:
            session.execute(insert(InvolvedRow), involved)
        session.expunge_all()
    session.add_all(made.values())
    session.flush()
    return len(every)


def _counted(made: dict[str, PublisherRow], now: Standing, solution: Solution) -> None:
    if not now.counts:
        return
    fresh = PublisherRow(slug=now.publisher, name="", listed=0, drafts=0)
    row = made.setdefault(now.publisher, fresh)
    _count(row, now.state, 1)
    row.name = dcat_ap.agent_name(solution)[:_LONGEST_NAME] or row.name
