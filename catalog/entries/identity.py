"""Who is who: the aliases by which a repository belongs to one solution.

They also tell that another repository stands at a known address.

An alias is an address, or the number that a forge gives a repository ("github.com#123"), which stays when it
moves.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.base.dialects import insert
from catalog.base.tables import AliasRow, RecordRow, SolutionRow
from crawlers.forges.registry import FORGES
from vocabularies.crosswalk.rows import Reading

_FORMER, _CURATED = "former:", "curated:"


def former(address: str) -> str:
    """The alias by which is remembered that a repository has left this address, which stays an alias too."""
    return _FORMER + address


def unlocated(name: str) -> str:
    """What stands for the repository of a curated entry of which none is known yet, by the entry's slug."""
    return _CURATED + name


def is_unlocated(repository: str) -> bool:
    """Whether this only stands for a repository.

    >>> is_unlocated(unlocated("app")), is_unlocated("https://git.example/curated:app")
    (True, False)
    """
    return repository.startswith(_CURATED)


def is_address(alias: str) -> bool:
    """Whether an alias is a web address."""
    return "://" in alias


def is_number(alias: str) -> bool:
    """Whether an alias is the number of a repository at its forge.

    >>> is_number("github.com#123"), is_number("https://git.example/a#readme")
    (True, False)
    """
    return "#" in alias and not is_address(alias)


def owners(session: Session, aliases: Iterable[str]) -> list[str]:
    """The ids of the solutions that own any of the aliases, ours first, then the oldest."""
    wanted = [alias for alias in aliases if alias]
    rows = session.execute(
        select(SolutionRow.id, SolutionRow.origin)
        .join(AliasRow, AliasRow.solution == SolutionRow.id)
        .where(AliasRow.alias.in_(wanted))
        .distinct()
    )
    return [row.id for row in sorted(rows, key=lambda row: (row.origin != "", row.id))]


def taken_over(session: Session, repository: str, aliases: Iterable[str]) -> bool:
    """Whether another repository stands at a known address (docs/security.md, "address taken over").

    Its number at the forge is not the one that was read there, or the one that was there has moved away.
    Where no number is known only the latter can be told.
    """
    numbers = {alias for alias in aliases if is_number(alias)}
    here = set(owners(session, [repository]))
    by_number = set(owners(session, numbers))
    if not here or by_number & here:
        return False
    if owners(session, [former(repository)]):
        return True
    return bool(numbers and (by_number or _numbers_read(session, repository)))


def redirecting_entry(session: Session, repository: str, aliases: Iterable[str]) -> str:
    """The address of one entry that redirects to the repository of another, "" if none does.

    A redirect is its owner's word alone: by it nobody may get at what is another's, nor put anything into it.
    """
    here = set(owners(session, [repository]))
    if not here:
        return ""
    for address in aliases:
        if is_address(address) and address != repository:
            others = set(owners(session, [address]))
            if others and not others & here:
                return address
    return ""


def moved(session: Session, solution: str, repository: str, *, aliases: Iterable[str]) -> None:
    """Remember the addresses that a repository has left: whoever stands there next is another."""
    session.execute(delete(AliasRow).where(AliasRow.alias == former(repository)))
    left = [alias for alias in aliases if is_address(alias) and alias.lower() != repository.lower()]
    claim(session, solution, [former(address) for address in left])


def _numbers_read(session: Session, repository: str) -> set[str]:
    """The forge's numbers that were read at an address."""
    query = select(RecordRow.reading).where(RecordRow.repository == repository)
    numbers: set[str] = set()
    for text in session.scalars(query.where(RecordRow.format.in_(tuple(FORGES)))):
        solution = msgspec.json.decode(text, type=Reading).solution
        if solution is not None:
            numbers.update(alias for alias in solution.aliases if is_number(alias))
    return numbers


def claim(session: Session, solution: str, aliases: Iterable[str], *, origin: str = "") -> None:
    """Give aliases to a solution.

    An alias that somebody owns already stays where it is: only a person moves it.
    """
    rows = [
        {"alias": alias, "origin": origin, "solution": solution}
        for alias in sorted(set(aliases))
        if alias and len(alias) <= 700
    ]
    if rows:
        session.execute(insert(session, AliasRow).on_conflict_do_nothing(), rows)
