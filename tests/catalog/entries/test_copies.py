"""Copies: who may stand for whom, which circle is named, and on which document the remark stands."""

from __future__ import annotations

import pytest

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.tables import SolutionRow
from catalog.entries import copies, minting, store
from catalog.entries.merge import View
from tests.support.scripted_catalogue import HOST
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution


def url(number: int) -> str:
    return f"{HOST}/town/app{number}"


@pytest.fixture
def rows(database: Database, settings: Settings) -> list[str]:
    """Ids of listed entries at url(0), url(1), ..."""
    with database.write() as session:
        found = [minting.solution_for(session, url(number)) for number in range(copies.LONGEST_CIRCLE + 3)]
        for id_ in found:
            store.get(session, id=id_).state = "listed"
    return found


def claim(database: Database, row: str, solution: Solution, **facts: str) -> tuple[str, str]:
    """What a leading publiccode.yml that says this amounts to."""
    with database.write() as session:
        return copies.claim(
            session,
            store.get(session, id=row),
            [View("publiccode", solution, repository=url(0))],
            facts=facts,
        )


@pytest.mark.parametrize("fact", ["fork_of", "mirror_of"])
def test_the_forge_confirms_a_copy(database: Database, rows: list[str], fact: str) -> None:
    of_one = Solution(repository=url(1))
    assert claim(database, rows[0], of_one, **{fact: url(1)}) == (url(1), rows[1])
    assert claim(database, rows[0], of_one, **{fact: url(2)}) == (url(1), ""), "of another"
    assert claim(database, rows[0], of_one, fork="true") == (url(1), rows[1])
    assert claim(database, rows[0], of_one, fork="true", **{fact: url(2)}) == (url(1), "")
    assert claim(database, rows[0], of_one, fork="false") == (url(1), "")


@pytest.mark.parametrize(
    "solution",
    [
        Solution(),
        Solution(repository=url(0)),
        Solution(repository=f"{url(0)}.git"),
        Solution(repository="nonsense"),
        Solution(repository=f"{HOST}/{'a' * 400}/{'b' * 400}"),
        Solution(repository=url(1), derived_from=("https://x.example.org/",)),
    ],
    ids=["none", "its own", "its own otherwise spelt", "none that could be", "too long", "a derived work"],
)
def test_what_is_no_claim(database: Database, rows: list[str], solution: Solution) -> None:
    assert claim(database, rows[0], solution, fork="true") == ("", "")


def test_a_claim_of_what_nobody_knows_waits(database: Database, rows: list[str]) -> None:
    assert claim(database, rows[0], Solution(repository=f"{HOST}/un/known"), fork="true") == (
        f"{HOST}/un/known",
        "",
    )


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        ("listed", True),
        ("copy", True),
        ("hidden", True),
        ("withdrawn", True),
        ("draft", False),
        ("pending", False),
    ],
)
def test_who_can_stand_for_a_copy(database: Database, rows: list[str], state: str, stands: bool) -> None:
    with database.write() as session:
        store.get(session, id=rows[1]).state = state
    found = claim(database, rows[0], Solution(repository=url(1)), fork="true")
    assert found == (url(1), rows[1] if stands else "")


def test_the_word_of_another_format_or_repository_is_no_claim(database: Database, rows: list[str]) -> None:
    other = Solution(repository=url(1))
    with database.write() as session:
        row = store.get(session, id=rows[0])
        for view in (View("codemeta", other), View("publiccode", other, leads=False)):
            assert copies.claim(session, row, [view], facts={"fork": "true"}) == ("", "")


def chain(database: Database, rows: list[str], length: int, *, closed: bool) -> list[str]:
    """Each claims to be the next.

    If it is closed, the last claims to be the first. What circle() says of the first.
    """
    with database.write() as session:
        for number in range(length):
            store.get(session, id=rows[number]).claims = url(number + 1)
        if closed:
            store.get(session, id=rows[length - 1]).claims = url(0)
        return copies.circle(session, store.get(session, id=rows[0]))


def test_a_circle_is_named_from_its_first_to_its_first(database: Database, rows: list[str]) -> None:
    assert chain(database, rows, 3, closed=True) == [url(0), url(1), url(2), url(0)]


@pytest.mark.parametrize(("longer", "found"), [(0, True), (1, False)])
def test_a_very_long_circle_is_not_looked_through(
    database: Database, rows: list[str], longer: int, found: bool
) -> None:
    assert bool(chain(database, rows, copies.LONGEST_CIRCLE + longer, closed=True)) == found


def test_what_is_no_circle(database: Database, rows: list[str]) -> None:
    assert chain(database, rows, 3, closed=False) == []
    assert chain(database, rows, 1, closed=True) == [], "naming oneself is none"
    with database.write() as session:
        store.get(session, id=rows[0]).claims = url(1)
        store.get(session, id=rows[1]).claims = url(2)
        store.get(session, id=rows[2]).claims = url(1)
        assert copies.circle(session, store.get(session, id=rows[0])) == [], "others are in one"
        store.get(session, id=rows[0]).claims = f"{HOST}/un/known"
        assert copies.circle(session, store.get(session, id=rows[0])) == []


def test_the_remark_stands_on_the_file_that_names_the_other(
    database: Database, settings: Settings, rows: list[str]
) -> None:
    chain(database, rows, 2, closed=True)
    with database.write() as session:
        for repository, format_ in ((url(0), "publiccode"), (url(0), "codemeta"), (url(9), "publiccode")):
            document = store.Incoming(
                repository=repository,
                format=format_,
                path=format_,
                uri="",
                commit="",
                content=b"",
                fetched=clock.moment(clock.now()),
                reading=Reading(format=format_),
                reader="",
            )
            store.put(session, rows[0], [document])
        row = store.get(session, id=rows[0])
        stored = store.records(session, rows[0])
        found = copies.remarked(session, row, stored)
        assert {(one.repository, one.format): len(one.reading.problems) for one in found} == {
            (url(0), "publiccode"): 1,
            (url(0), "codemeta"): 0,
            (url(9), "publiccode"): 0,
        }
        (problem,) = next(one.reading.problems for one in found if one.reading.problems)
        assert (problem.code, problem.path) == ("circle", "url")
        assert problem.values == {"path": f"{url(0)} → {url(1)} → {url(0)}"}
        row.claims = ""
        assert copies.remarked(session, row, stored) == stored


def test_an_entry_is_a_copy_of_one_with_the_same_commit(database: Database, rows: list[str]) -> None:
    def commits(*pairs: tuple[int, str]) -> tuple[str, str]:
        with database.write() as session:
            for number, commit in pairs:
                document = store.Incoming(
                    repository=url(number),
                    format="readme",
                    path="readme",
                    uri="",
                    commit=commit,
                    content=commit.encode(),
                    fetched=clock.moment(clock.now()),
                    reading=Reading(format="readme"),
                    reader=commit[:16],
                )
                store.put(session, rows[number], [document])
        return claim(database, rows[0], Solution(repository=url(1)))

    assert commits((0, ""), (1, "")) == (url(1), "")
    assert commits((0, "a" * 40), (1, "b" * 40)) == (url(1), "")
    assert commits((0, "b" * 40)) == (url(1), rows[1])
    assert commits((0, "c" * 40)) == (url(1), "")
    with database.write() as session:
        row: SolutionRow = store.get(session, id=rows[0])
        row.copy_of = rows[1]
    assert claim(database, rows[0], Solution(repository=url(1))) == (url(1), rows[1]), (
        "once confirmed it stays"
    )
