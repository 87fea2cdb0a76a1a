"""Copies: which entry only repeats another, and which name each other in a circle.

A copy is confirmed by the forge or by the same commit.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.states import STANDING
from catalog.base.tables import RecordRow, SolutionRow
from catalog.entries import identity
from catalog.entries.merge import View
from catalog.entries.store import Stored
from crawlers.faults import CrawlError
from crawlers.forges.addresses import canonical
from vocabularies.facts import is_set
from vocabularies.formats.lookup import row_of
from vocabularies.problems import Problem

LONGEST_CIRCLE = 20


def claim(session: Session, row: SolutionRow, views: list[View], *, facts: dict[str, str]) -> tuple[str, str]:
    """(the other repository that the metadata file names, the id of the solution that this is a copy of).

    Confirmed by the forge's parent or by the same commit; a derived work (`isBasedOn`) is its own solution.
    """
    named = next((view.solution for view in views if view.leads and row_of(view.format).original_key), None)
    claimed = _address(named.repository) if named and not named.derived_from else ""
    if claimed in ("", row.repository):
        return "", ""
    owned = [owner for owner in identity.owners(session, [claimed]) if owner != row.id]
    if not owned:
        is_own = row.id in identity.owners(session, [claimed])
        return "" if is_own else claimed, ""
    original = owned[0]
    if not _stands(session, original, row):
        return claimed, ""
    confirmed = (
        row.copy_of == original
        or _confirmed_by_forge(session, owned, facts)
        or _same_commit(session, row, original)
    )
    return claimed, original if confirmed else ""


def _confirmed_by_forge(session: Session, owned: list[str], facts: dict[str, str]) -> bool:
    """Whether the forge says so.

    A listing that only says "is a fork" confirms as well: the file names of what.
    """
    parents = {_address(facts.get("fork_of", "")), _address(facts.get("mirror_of", ""))} - {""}
    if not parents:
        return is_set(facts, "fork")
    return bool(set(identity.owners(session, parents)) & set(owned))


def _address(url: str) -> str:
    """The spelling under which a repository is known; "" for what is the address of none."""
    try:
        known = canonical(url) if url else ""
    except CrawlError:
        return ""
    return known if len(known) <= 700 else ""


def _stands(session: Session, other: str, row: SolutionRow) -> bool:
    """Whether another entry can stand for this one.

    It is no draft, and does not itself, over whichever corners, name it.
    """
    seen: set[str] = set()
    named = session.get(SolutionRow, other)
    stands = named is not None and named.state in STANDING
    while named is not None and named.claims and named.id not in seen:
        seen.add(named.id)
        owned = [owner for owner in identity.owners(session, [named.claims]) if owner != named.id]
        if row.id in owned:
            return False
        named = session.get(SolutionRow, owned[0]) if owned else None
    return stands


def _same_commit(session: Session, row: SolutionRow, other: str) -> bool:
    return bool(_commits(session, row.id) & _commits(session, other))


def _commits(session: Session, solution: str) -> set[str]:
    query = select(RecordRow.commit).where(RecordRow.solution == solution, RecordRow.commit != "")
    return set(session.scalars(query))


def circle(session: Session, row: SolutionRow) -> list[str]:
    """The repositories that call themselves copies of each other, from this one's until it is named again."""
    found = [row.repository]
    current = row
    while current.claims and len(found) <= LONGEST_CIRCLE:
        owners = identity.owners(session, [current.claims])
        if row.id in owners:
            return [*found, row.repository] if current is not row else []
        named = session.get(SolutionRow, owners[0]) if owners else None
        if named is None or named.repository in found:
            return []
        found.append(named.repository)
        current = named
    return []


def remarked(session: Session, row: SolutionRow, stored: list[Stored]) -> list[Stored]:
    """The documents of an entry, with the remark that its metadata file is part of a circle, if it is."""
    corners = circle(session, row) if row.claims else []
    if not corners:
        return stored
    return [_with_circle(one, corners) if one.repository == row.repository else one for one in stored]


def _with_circle(document: Stored, corners: list[str]) -> Stored:
    """The document with the remark, if it is the one by which an entry calls itself a copy."""
    key = row_of(document.format).original_key
    if not key:
        return document
    problem = Problem(code="circle", path=key, values={"path": " → ".join(corners)})
    problems = (*document.reading.problems, problem)
    return document._replace(reading=msgspec.structs.replace(document.reading, problems=problems))
