"""What a document is kept as: small or large, packed or not, what comes back is what went in."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from sqlalchemy import select, update

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.errors import SolutionNotFound
from catalog.base.settings import Settings
from catalog.base.tables import RecordRow, SolutionRow
from catalog.changes import log
from catalog.entries import minting, store
from catalog.entries.merge import Origin
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem, Severity
from vocabularies.terms import Solution

HOME = "https://code.example.org/town/app"
TEXTS = {
    "empty": b"",
    "small": b"a: 1\n" * 100,
    "just-below": b"x" * 4095,
    "just-packed": b"x" * 4096,
    "large": "Straße ".encode() * 9_000,
}


def test_every_size_comes_back_as_it_was(database: Database, settings: Settings) -> None:
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        assert store.put(
            session, number, [_document(path, content) for path, content in TEXTS.items()]
        ) == len(TEXTS)
        assert store.put(session, number, [_document(path, content) for path, content in TEXTS.items()]) == 0
    with database.read() as session:
        assert {one.path: one.content for one in store.records(session, number)} == TEXTS
        kept = {row.path: len(row.content) for row in session.scalars(select(RecordRow))}
    assert kept["large"] < len(TEXTS["large"]) / 10
    assert all(kept[path] <= len(content) + 20 for path, content in TEXTS.items())


def test_a_small_document_that_an_older_version_packed_is_read_too(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [_document("small", TEXTS["small"])])
        session.execute(update(RecordRow).values(content=zlib.compress(TEXTS["small"])))
    with database.read() as session:
        assert [one.content for one in store.records(session, number)] == [TEXTS["small"]]


def _document(path: str, content: bytes) -> store.Incoming:
    found = Reading(format="readme")
    return store.Incoming(
        HOME,
        "readme",
        path,
        uri=f"{HOME}/{path}",
        commit="",
        content=content,
        fetched=clock.moment(clock.now()),
        reading=found,
        reader=reading.version(),
    )


def test_nothing_put_is_nothing_kept(database: Database, settings: Settings) -> None:
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        assert store.put(session, number, []) == 0
        assert store.records(session, number) == []


def test_only_what_changed_is_written_again(database: Database, settings: Settings) -> None:
    """Another text, or another version of the reader.

    The count says how many, and each has a number outside the log.
    """
    one, other = _document("one", b"1"), _document("other", b"2")
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        assert store.put(session, number, [one, other]) == 2
    for changed in (one._replace(content=b"3"), one._replace(reader="another")):
        with database.write() as session:
            before = log.head(session).facts
            assert store.put(session, number, [changed, other]) == 1
            assert store.put(session, number, [changed, other]) == 0
        with database.read() as session:
            assert log.head(session).facts == before + 1


def test_what_is_no_longer_there_goes(database: Database, settings: Settings) -> None:
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [_document("one", b"1"), _document("other", b"2")])
        assert store.forget_missing(session, HOME, [("readme", "one"), ("readme", "other")]) == 0
        assert store.forget_missing(session, f"{HOME}/elsewhere", []) == 0
        assert store.forget_missing(session, HOME, [("readme", "other"), ("citation", "one")]) == 1
        assert [one.path for one in store.records(session, number)] == ["other"]


def test_documents_come_with_metadata_files_first(database: Database, settings: Settings) -> None:
    formats = ("readme", "publiccode", "gitea", "codemeta")
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [_document(name, b"")._replace(format=name) for name in formats])
        found = [one.format for one in store.records(session, number)]
    assert found == ["codemeta", "publiccode", "gitea", "readme"]


def test_how_often_something_is_wrong_is_counted(database: Database, settings: Settings) -> None:
    problems = tuple(Problem(code=code) for code in ("missing", "missing", "misspelt-key", "not-read"))
    wrong = [Problem(code=problem.code).severity for problem in problems]
    document = _document("x", b"")._replace(reading=Reading(format="readme", problems=problems))
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [document])
        row = session.scalars(select(RecordRow)).one()
        assert (row.errors, row.warnings) == (wrong.count(Severity.ERROR), wrong.count(Severity.WARNING))
        assert row.errors > 0
        assert row.warnings > 0


@pytest.mark.parametrize(
    ("format", "solution", "name"),
    [
        ("publiccode", Solution(name={"de": "Name"}), "Name"),
        ("publiccode", None, ""),
        ("gitea", Solution(name={"de": "name"}), ""),
    ],
)
def test_the_name_for_a_slug_is_what_a_metadata_file_gives(
    format: str, solution: Solution | None, name: str
) -> None:
    assert minting.name_of(Reading(format=format, solution=solution)) == name


def test_an_entry_is_found_by_slug_or_number(database: Database, settings: Settings) -> None:
    with database.write() as session:
        number = minting.solution_for(session, f"{HOME}/", accepted=False)
        row = store.get(session, slug="app")
        assert (row.id, row.state, row.accepted) == (number, "pending", False)
        assert store.get(session, id=number.lower()) is row
        for given in ({"slug": "nothing"}, {"id": "nothing"}, {"slug": "nothing", "id": number}):
            with pytest.raises(SolutionNotFound):
                store.get(session, **given)
        with pytest.raises(SolutionNotFound):
            store.visible(session, slug="app")
        minting.accept(session, number)
        minting.accept(session, "nothing")
        assert row.accepted
        for state in ("listed", "draft", "copy", "withdrawn"):
            row.state = state
            session.flush()
            assert store.visible(session, id=number) is row
        assert minting.known(session, f"{HOME}/")
        assert minting.known(session, "https://nowhere.example.org/a", [f"{HOME}/"])
        assert not minting.known(session, "https://nowhere.example.org/a")


def test_a_document_comes_back_with_all_that_was_said_of_it(database: Database, settings: Settings) -> None:
    document = _document("docs/x.md", b"text")._replace(
        commit="c" * 40, fetched=clock.moment("2026-05-01T00:00:00.000Z")
    )
    with database.write() as session:
        number = minting.solution_for(session, HOME, name="App")
        store.put(session, number, [document])
        assert store.records(session, number) == [
            store.Stored(
                "readme",
                "docs/x.md",
                f"{HOME}/docs/x.md",
                commit="c" * 40,
                repository=HOME,
                fetched="2026-05-01T00:00:00.000Z",
                reading=document.reading,
                content=b"text",
            )
        ]


@pytest.mark.parametrize(
    ("formats", "life", "told"),
    [
        (["curated"], "reachable", ""),
        (["curated", "correction"], "reachable", ""),
        (["curated"], "failing", "failing"),
        (["curated"], "gone", "gone"),
        (["curated", "publiccode"], "reachable", "reachable"),
        (["repository"], "archived", "archived"),
        ([], "reachable", "reachable"),
    ],
)
def test_nobody_knows_whether_what_was_never_read_answers(formats: list[str], life: str, told: str) -> None:
    origins = {f"field{number}": Origin(name, "u", "") for number, name in enumerate(formats)}
    row = SolutionRow(life=life, provenance=msgspec.json.encode(origins).decode())
    assert store.life_of(row) == told
