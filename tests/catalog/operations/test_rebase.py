"""A new BASE_URL.

What follows the log begins anew, and the entries stand as if they had always been there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from catalog.base.tables import MetaRow
from catalog.changes import followers, log
from catalog.entries import publishing
from catalog.operations import rebase
from catalog.operations.services import Services
from catalog.search import indexing, open_index
from catalog.search.follower import IndexFollower
from tests.catalog.changes.test_followers import Counting
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode

NEW = "https://new.example.org"


@pytest.fixture
def moved(catalogue: ScriptedCatalogue) -> Iterator[ScriptedCatalogue]:
    """Three entries, followed to the end by a follower that keeps its cursor in the database, then moved."""
    for number in range(3):
        url = f"{HOST}/town/app{number}"
        shown = Repository(url, {"publiccode.yml": publiccode(f"App{number}", url=url)}, id=100 + number)
        catalogue.crawl(shown, source=catalogue.add_source(f"scripted:{number}"))
    followers.catch_up(catalogue.database, Counting(catalogue.database))
    with catalogue.database.write() as session:
        session.add(MetaRow(key="base_url", value=catalogue.settings.base_url))
    catalogue.settings = replace(catalogue.settings, base_url=NEW)
    services = Services(catalogue.settings)
    services.database = catalogue.database
    assert rebase.rebase(services) == 3
    yield catalogue
    services.close()


def test_whoever_follows_the_log_begins_anew(moved: ScriptedCatalogue) -> None:
    """An old cursor, kept anywhere, is one of another log: it is never taken for a place in this one."""
    follower = Counting(moved.database)
    with moved.database.read() as session:
        old, end = follower.cursor, followers.end(session)
        assert followers.lag(session, follower).lost
        assert log.changes(session, epoch=old.epoch, after=0) == []
    assert (old.epoch, old.seq) != (end.epoch, end.seq)
    followers.catch_up(moved.database, follower)
    assert (follower.rebuilt, follower.cursor) == (1, end)


def test_the_index_is_made_anew(moved: ScriptedCatalogue) -> None:
    engine = "whoosh" if moved.settings.database_url else "tantivy"
    folder = moved.settings.data_dir / "index"
    index = open_index(engine, folder, write=True, synonyms=indexing.synonyms())
    followers.catch_up(moved.database, IndexFollower(index, moved.settings))
    with moved.database.read() as session:
        assert index.cursor == followers.end(session)
    assert index.ids() == {row.id for row in moved.solutions("listed")}
    index.close()


def test_the_entries_are_said_again_in_their_order_and_nothing_else(moved: ScriptedCatalogue) -> None:
    with moved.database.read() as session:
        found = log.changes(session, epoch=log.head(session).epoch, after=0, payload=True)
    ids = [row.id for row in moved.solutions()]
    assert [change.subject for change in found] == [f"{NEW}/id/solution/{id_}" for id_ in ids]
    assert [(change.seq, change.event, change.in_feed) for change in found] == [
        (number, "Create", True) for number in (1, 2, 3)
    ]
    moved.check()


def test_publishing_it_again_changes_nothing(moved: ScriptedCatalogue) -> None:
    for row in moved.solutions():
        with moved.database.write() as session:
            assert publishing.publish(session, row.id, settings=moved.settings).outcome == "unchanged"
    assert moved.head() == 3
    moved.check()
