"""Alive, ready, counted.

`/readyz` says no when nobody brings the index up to date, and not because a crawl is a second ahead of it.
"""

from __future__ import annotations

import pytest
from sqlalchemy import update

from catalog.base import clock
from catalog.base.tables import ChangeRow, LogHeadRow
from catalog.changes import log
from catalog.changes.cursor import Cursor
from catalog.changes.followers import follow_now
from catalog.operations.services import Services
from catalog.views.health import LAG_MINUTES
from tests.conftest import ExpectLogs
from tests.support.browser import Browser


def publish(services: Services, number: int, *, minutes: int = 0) -> None:
    """Entries of the log that nobody has followed yet, published so many minutes ago."""
    with services.database.write() as session:
        for _ in range(number):
            change = log.append(session, kind="solution", subject="x", event="Create", payload=b"")
            moment = clock.later(clock.now(), minutes=-minutes)
            session.execute(
                update(ChangeRow)
                .where(ChangeRow.epoch == change.epoch, ChangeRow.seq == change.seq)
                .values(published=moment)
            )


@pytest.fixture
def ready(services: Services) -> Services:
    """The index knows the whole log."""
    assert follow_now(services.database, services.followers, services.settings.data_dir)
    return services


def test_before_the_first_index_it_is_not_ready(services: Services, visitor: Browser) -> None:
    answer = visitor.get("/readyz?lang=en")
    assert answer.status_code == 503
    assert "still starting" in answer.text
    assert visitor.get("/healthz").text == "ok\n"


def test_a_crawl_may_be_ahead_of_the_index(ready: Services, visitor: Browser) -> None:
    publish(ready, 500)
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert (answer.json or {})["behind"] == 500
    assert "allmende_index_lag 500.0" in visitor.get("/metrics").text


def test_an_index_that_nobody_brings_up_to_date_is_said(ready: Services, visitor: Browser) -> None:
    publish(ready, 2, minutes=LAG_MINUTES - 1)
    assert visitor.get("/readyz").status_code == 200
    with ready.database.write() as session:
        session.execute(
            update(ChangeRow).values(published=clock.later(clock.now(), minutes=-LAG_MINUTES - 1))
        )
    assert visitor.get("/readyz").status_code == 503
    follow_now(ready.database, ready.followers, ready.settings.data_dir)
    assert (visitor.get("/readyz").json or {})["behind"] == 0


def test_a_follower_that_stands_still_before_new_facts_is_said(
    ready: Services, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts have no time of their own; the process notes since when it sees them waiting."""
    with ready.database.write() as session:
        session.execute(update(LogHeadRow).values(facts=LogHeadRow.facts + 1))
    assert visitor.get("/readyz").status_code == 200
    later = clock.later(clock.now(), minutes=LAG_MINUTES + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert visitor.get("/readyz").status_code == 503
    follow_now(ready.database, ready.followers, ready.settings.data_dir)
    with ready.database.write() as session:
        session.execute(update(LogHeadRow).values(facts=LogHeadRow.facts + 1))
    assert visitor.get("/readyz").status_code == 200, "it went on meanwhile"


def test_an_index_of_another_epoch_is_made_anew_first(ready: Services, visitor: Browser) -> None:
    with ready.database.write() as session:
        list(log.new_epoch(session))
    assert visitor.get("/readyz").status_code == 503
    follow_now(ready.database, ready.followers, ready.settings.data_dir)
    assert visitor.get("/readyz").status_code == 200


def test_an_index_that_knows_more_than_the_log_is_not_believed(ready: Services, visitor: Browser) -> None:
    publish(ready, 3)
    follow_now(ready.database, ready.followers, ready.settings.data_dir)
    with ready.database.write() as session:  # somebody has put an older file in the place of the database
        session.execute(update(LogHeadRow).values(seq=1))
    assert visitor.get("/readyz").status_code == 503


class Voiceless:
    """A follower whose place cannot be read."""

    name, per_node = "voiceless", False

    @property
    def cursor(self) -> Cursor:
        raise OSError("disk")


def test_one_follower_without_a_place_hides_no_other_number(
    ready: Services, visitor: Browser, expected_logs: ExpectLogs
) -> None:
    ready.__dict__["followers"] = [*ready.followers, Voiceless()]
    expected_logs("ERROR allmende: a follower does not say how far it is")
    assert visitor.get("/readyz").status_code == 503
    metrics = visitor.get("/metrics")
    assert metrics.status_code == 200
    assert 'allmende_follower_lag{follower="index"}' in metrics.text
