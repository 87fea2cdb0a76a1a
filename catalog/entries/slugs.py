"""Slugs: the name of an entry in its page's address, given once and kept.

Entries of one name are told apart by their owners, then by their hosts. Who keeps the plain name does not
depend on who was read first: within the time in which repositories are read side by side, the repository
whose address comes first has it, and the other is given its next choice. Afterwards nobody loses a slug.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import clock, ids
from catalog.base.states import EntryState
from catalog.base.tables import RecordRow, SolutionRow
from vocabularies.formats import curated

SETTLED_MINUTES = 60  # how long the slug of a new entry may still go to another new one
_DISPLACED = "displaced"
_LONGEST_PART = 40


def assign(session: Session, row: SolutionRow, name: str) -> None:
    """Give a new entry its slug; the caller has locked the log.

    An entry that has to make room is given another at once.
    """
    waiting = [(row, name)]
    while waiting:
        entry, entry_name = waiting.pop()
        for slug in choices(entry_name, entry.repository):
            holder = session.scalars(select(SolutionRow).where(SolutionRow.slug == slug)).first()
            if holder is None:
                entry.slug = slug
                break
            if holder is not entry and _makes_room(session, holder, entry):
                holder.slug = f"{holder.id.lower()}-moves"  # for this moment: no two entries share a slug
                session.flush()
                entry.slug = slug
                waiting.append((holder, holder.name or name))
                session.info.setdefault(_DISPLACED, []).append(holder.id)
                break
        else:
            entry.slug = _numbered(session, ids.slugify(entry_name))
        session.add(entry)
        session.flush()


def give_slug_to_original(session: Session, copy: SolutionRow, original: SolutionRow, *, name: str) -> None:
    """The slug of a copy goes to its original, if that would rather have it and is new too.

    Called when a new entry turns out to be a copy.
    """
    wanted = list(choices(original.name or name, original.repository))
    better = wanted[: wanted.index(original.slug)] if original.slug in wanted else []
    if copy.slug not in better or _settled(copy, since=original.created):
        return
    slug = copy.slug
    copy.slug = f"{copy.id.lower()}-moves"
    session.flush()
    original.slug = slug
    session.flush()
    assign(session, copy, name)
    session.info.setdefault(_DISPLACED, []).append(original.id)


def displaced(session: Session) -> list[str]:
    """The entries that were given another slug in this session and are not published under it yet.

    Asked for once.
    """
    return list(dict.fromkeys(session.info.pop(_DISPLACED, [])))


def choices(name: str, repository: str) -> Iterator[str]:
    """The slugs an entry would like, best first.

    >>> list(choices("App", "https://codeberg.org/stadt-soest/app"))[:3]
    ['app', 'app-stadt-soest', 'app-stadt-soest-codeberg-org']
    """
    plain = ids.slugify(name)
    yield plain
    address = urlsplit(repository)
    owner = address.path.strip("/").rpartition("/")[0]
    if not address.netloc or not owner:
        return
    owned = f"{plain}-{ids.slugify(owner)[:_LONGEST_PART].strip('-')}"
    yield owned
    yield f"{owned}-{ids.slugify(address.netloc)[:_LONGEST_PART].strip('-')}"
    yield f"{plain}-{hashlib.sha256(repository.encode()).hexdigest()[:10]}"


def _makes_room(session: Session, holder: SolutionRow, newcomer: SolutionRow) -> bool:
    """Whether the slug of an entry goes to a new one.

    It is new itself, nobody put it on our own list, and its address is later.
    """
    if _settled(holder, since=newcomer.created) or holder.state == EntryState.WITHDRAWN:
        return False
    if _rank(holder) <= _rank(newcomer):
        return False
    listed = select(RecordRow.id).where(RecordRow.solution == holder.id, RecordRow.format == curated.NAME)
    return session.scalars(listed.limit(1)).first() is None


def _rank(row: SolutionRow) -> tuple[bool, str]:
    """Who comes first: what is no copy, then whose address does.

    Fixed for as long as slugs move, so that moving ends.
    """
    return bool(row.copy_of), row.repository


def _settled(row: SolutionRow, *, since: str) -> bool:
    """Whether an entry had been there for a while when another came."""
    return clock.later(row.created, minutes=SETTLED_MINUTES) < since


def _numbered(session: Session, plain: str) -> str:
    """The slug with the lowest number that is free.

    Asked for by name: a search for all that begin so would read every slug there is.
    """
    first, width = 2, 20
    while True:
        slugs = [f"{plain}-{number}" for number in range(first, first + width)]
        taken = set(session.scalars(select(SolutionRow.slug).where(SolutionRow.slug.in_(slugs))))
        for slug in slugs:
            if slug not in taken:
                return slug
        first = first + width
        width = min(2 * width, 1_000)
