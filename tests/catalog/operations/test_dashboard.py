"""What an operator finds: entries by their words, and those with the worst files first, page by page."""

from __future__ import annotations

from itertools import chain

import pytest

from catalog.base.database import Database
from catalog.base.states import EntryState
from catalog.base.tables import RecordRow, SolutionRow
from catalog.operations import dashboard
from catalog.operations.dashboard import PAGE

NAMES = ("Straßenbaum", "100 % Daten_platt", "Mängelmelder", "Müll", "Portal")


def entry(number: int, state: EntryState = EntryState.LISTED) -> SolutionRow:
    name = f"{NAMES[number % len(NAMES)]} {number:03}"
    repository = f"https://git.example.org/Stadt/r{number:03}"
    return SolutionRow(
        id=f"{number:026}",
        slug=f"eintrag-{number:03}",
        state=state,
        name=name,
        repository=repository,
        created="",
        modified="",
    )


def file(solution: int, path: str, *, errors: int, warnings: int = 0) -> RecordRow:
    return RecordRow(
        repository=f"r{solution}",
        format="publiccode",
        path=path,
        solution=f"{solution:026}",
        content=b"",
        digest="",
        reading="",
        reader="",
        errors=errors,
        warnings=warnings,
        fetched="",
    )


@pytest.fixture
def filled(database: Database) -> Database:
    """130 entries; each of the first 120 has two files with errors, the fifth of them is not public."""
    with database.write() as session:
        session.add_all(entry(number) for number in range(130) if number != 5)
        session.add(entry(5, EntryState.HIDDEN))
        session.flush()
        for number in range(120):
            session.add_all(
                [
                    file(number, "publiccode.yml", errors=1 + number % 7, warnings=2),
                    file(number, "a/publiccode.yml", errors=1),
                ]
            )
        session.add(file(125, "publiccode.yml", errors=0, warnings=9))
    return database


def test_the_worst_files_come_first_each_entry_once(filled: Database) -> None:
    with filled.read() as session:
        pages = [dashboard.faulty(session, page=number) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [PAGE, PAGE, 19, 0]
    found = list(chain.from_iterable(pages))
    assert len({item.row.id for item in found}) == 119
    assert all(item.row.state == EntryState.LISTED for item in found)
    assert [item.errors for item in found] == sorted((item.errors for item in found), reverse=True)
    assert {item.warnings for item in found} == {2}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("mängelmelder 007", [7]),
        ("EINTRAG-012 müll", []),
        ("eintrag-013 müll", [13]),
        ("git.example.org/stadt/r099", [99]),
        ("100 % daten_platt 001", [1]),
        ("r005", [5]),
        ("%%%", []),
        ("datenXplatt", []),
    ],
)
def test_words_are_found_in_name_address_and_repository(
    filled: Database, query: str, numbers: list[int]
) -> None:
    """In any state, whatever the case; what SQL takes for a wildcard is a letter."""
    with filled.read() as session:
        assert [int(item.row.id) for item in dashboard.entries(session, query)] == numbers


def test_what_is_found_is_in_order_and_in_pages(filled: Database) -> None:
    with filled.read() as session:
        pages = [dashboard.entries(session, "stadt", page=number) for number in (1, 2, 3)]
    items = list(chain.from_iterable(pages))
    names = [item.row.name for item in items]
    assert len(names) == 130
    if filled.engine.dialect.name == "sqlite":  # PostgreSQL orders as its collation says
        assert names == sorted(names)
    assert len({item.row.id for item in items}) == 130
