"""What a document is kept as: small or large, packed or not, what comes back is what went in."""

from __future__ import annotations

import zlib

from sqlalchemy import select, update

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.tables import RecordRow
from catalog.entries import minting, store
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

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
