"""The change log's promises (docs/architecture.md, "What is promised").

Gapless, in order, ahead in time, on both databases and from many writers.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.tables import ChangeRow, LogHeadRow, MetaRow
from catalog.changes import forgetting, kinds, log
from catalog.entries import publishing
from catalog.operations import rebase
from catalog.operations.services import Services
from tests.run import ROOT
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode

WRITER = """
import sys
from pathlib import Path
from catalog.base import database
from catalog.changes import log
from catalog.base.settings import read
url, folder, name, count = sys.argv[1:]
opened = database.connect(read({}, database_url=url, data_dir=Path(folder)))
for number in range(int(count)):
    with opened.write() as session:
        log.append(session, kind="solution", subject=f"{name}/{number}", event="Create", payload=b"x")
"""


def entries(database: Database) -> list[log.Change]:
    with database.read() as session:
        head = log.head(session)
        return log.changes(session, epoch=head.epoch, after=0, limit=100_000, payload=True)


def add(
    database: Database, subject: str, *, event: str = "Create", payload: bytes | None = b"x\n", now: str = ""
) -> log.Change:
    with database.write() as session:
        return log.append(session, kind="solution", subject=subject, event=event, payload=payload, now=now)


def sound(found: list[log.Change]) -> None:
    assert [one.seq for one in found] == list(range(1, len(found) + 1))
    moments = [one.published for one in found]
    assert moments == sorted(set(moments))


def test_four_threads_and_two_processes_leave_no_gap(
    database: Database, settings: Settings, amount: Callable[[int, int], int]
) -> None:
    count = amount(25, 500)

    def write(name: str) -> None:
        for number in range(count):
            add(database, f"{name}/{number}")

    command = [sys.executable, "-c", WRITER, settings.database_url, str(settings.data_dir)]
    processes = [
        subprocess.Popen([*command, f"process{number}", str(count)], cwd=ROOT) for number in range(2)
    ]
    threads = [threading.Thread(target=write, args=(f"thread{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    found = entries(database)
    assert len(found) == 6 * count
    sound(found)
    for name in {one.subject.partition("/")[0] for one in found}:  # each writer's own order is kept
        mine = [int(one.subject.partition("/")[2]) for one in found if one.subject.startswith(name + "/")]
        assert mine == list(range(count))


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    add(database, "a")
    with pytest.raises(ZeroDivisionError), database.write() as session:  # noqa: PT012
        log.append(session, kind="solution", subject="b", event="Create", payload=b"x")
        raise ZeroDivisionError
    add(database, "c")
    assert [one.subject for one in entries(database)] == ["a", "c"]
    sound(entries(database))


def test_time_goes_on_when_the_clock_goes_back_a_year(database: Database) -> None:
    add(database, "a", now="2026-06-01T00:00:00.000Z")
    assert add(database, "b", now="2025-06-01T00:00:00.000Z").published == "2026-06-01T00:00:00.001Z"
    assert add(database, "c", now="2026-06-01T00:00:00.001Z").published == "2026-06-01T00:00:00.002Z"
    assert add(database, "d", now="2026-12-31T23:59:59.999Z").published == "2026-12-31T23:59:59.999Z"
    assert add(database, "e", now="2026-01-01T00:00:00.000Z").published == "2027-01-01T00:00:00.000Z"
    sound(entries(database))


def test_payloads_come_back_byte_for_byte(database: Database) -> None:
    payload = '<a> <b> "ß\u2028" .\n'.encode() * 1000
    change = add(database, "a", payload=payload)
    with database.read() as session:
        assert log.newest(session, "a") == change
        assert change.payload == payload
        assert change.digest == log.digest(payload)
        assert log.changes(session, epoch=change.epoch, after=0)[0].payload is None
        assert log.changes(session, epoch="another", after=0) == []


def test_only_what_was_superseded_before_the_moment_is_dropped(database: Database) -> None:
    for subject, month in (("a", 1), ("b", 1), ("a", 2), ("b", 5), ("c", 1)):
        add(database, subject, payload=f"{subject}{month}".encode(), now=f"2026-{month:02}-01T00:00:00.000Z")
    with database.write() as session:
        assert forgetting.compact(session, before="2026-03-01T00:00:00.000Z") == 1
        assert forgetting.compact(session, before="2026-03-01T00:00:00.000Z") == 0
    kept = [(one.subject, one.payload is not None) for one in entries(database)]
    assert kept == [("a", False), ("b", True), ("a", True), ("b", True), ("c", True)], (
        "b was superseded only in May"
    )
    with database.write() as session:
        assert forgetting.compact(session, before="2027-01-01T00:00:00.000Z") == 1
    sound(entries(database))


def test_what_is_forgotten_has_no_payload_anywhere(database: Database) -> None:
    for payload in (b"secret1", b"secret2"):
        add(database, "a", payload=payload)
    add(database, "b", payload=b"public")
    with database.write() as session:
        forgetting.forget(session, "a")
    assert [one.payload for one in entries(database)] == [None, None, b"public"]


def test_the_newest_payloads_of_many(database: Database) -> None:
    for subject, payload in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4")):
        add(database, subject, payload=payload)
    add(database, "c", event="Delete", payload=None)
    with database.read() as session:
        found = log.payloads(session, ["a", "b", "c", "d"])
        some = log.payloads(session, ["b"])
    assert {subject: zlib.decompress(packed) for subject, packed in found.items()} == {"a": b"3", "b": b"2"}
    assert some == {"b": found["b"]}, "and of those alone that were asked for"


def test_a_new_epoch_says_the_living_again_and_keeps_time(database: Database) -> None:
    add(database, "a", payload=b"1", now="2026-01-01T00:00:00.000Z")
    add(database, "gone", payload=b"2")
    add(database, "a", event="Update", payload=b"3")
    add(database, "gone", event="Delete", payload=None, now="2027-01-01T00:00:00.000Z")
    with database.write() as session:
        old = log.head(session)
        living = [(row.subject, row.seq) for row in log.new_epoch(session)]
        log.append(
            session,
            kind="solution",
            subject="a",
            event="Create",
            payload=b"3",
            now="2026-02-01T00:00:00.000Z",
        )
    assert living == [("a", 3)]
    with database.read() as session:
        new = log.head(session)
    assert new.epoch > old.epoch
    assert (new.seq, new.published) == (1, "2027-01-01T00:00:00.001Z")
    with database.read() as session:
        assert (latest := log.newest(session, "a")) is not None
        assert (latest.epoch, latest.seq) == (new.epoch, 1)


def test_the_living_of_a_kind_are_read_in_batches_to_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    for name in ("d", "b", "gone", "a", "c", "e"):
        add(database, name, payload=name.encode())
    add(database, "b", event="Update", payload=b"b2")
    add(database, "gone", event="Delete", payload=None)
    with database.write() as session:
        for kind, origin in (("solution", "https://there.example.org"), ("statement", "")):
            log.append(session, kind=kind, subject=f"of {kind}", event="Create", payload=b"x", origin=origin)

    def living(**given: Any) -> list[list[tuple[str, str]]]:
        with database.read() as session:
            return [
                [(subject, zlib.decompress(payload).decode()) for subject, payload in batch]
                for batch in log.living(session, **given)
            ]

    own = [("a", "a"), ("b", "b2"), ("c", "c"), ("d", "d"), ("e", "e")]
    assert living(kind="solution", origin="") == [own[:2], own[2:4], own[4:]]
    assert living(kind="solution") == [own[:2], own[2:4], [own[4], ("of solution", "x")]]
    assert living(kind="solution", origin="https://there.example.org") == [[("of solution", "x")]]
    assert living(kind="nothing") == []
    with database.read() as session:
        assert log.kinds_alive(session) == ["solution", "statement"]


def test_a_new_epoch_is_read_in_batches_to_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    for name in ("c", "a", "e", "b", "d"):
        add(database, name, payload=name.encode())
    with database.write() as session:
        assert log.restate(session, log.new_epoch(session)) == 5
        forgetting.forget_earlier_epochs(session)
    found = entries(database)
    assert [(one.subject, one.event, one.payload) for one in found] == [
        (name, "Create", name.encode()) for name in ("c", "a", "e", "b", "d")
    ]
    sound(found)
    with database.read() as session:
        kept = session.scalars(select(ChangeRow.payload).where(ChangeRow.epoch != found[0].epoch)).all()
    assert kept == [None] * 5


def test_what_an_entry_says_of_itself(database: Database) -> None:
    """Who says it, and when, if the caller does not say so; and what the feed for portals may carry."""
    subject = kinds.SOLUTION.subject("https://a.example.org", "01J")
    assert subject == "https://a.example.org/id/solution/01J"
    before = clock.now()
    with database.write() as session:
        first = kinds.append(
            session, kinds.SOLUTION, subject, event="Create", payload=b"<a> <b> <c> .\n", in_feed=True
        )
        gone = kinds.append(session, kinds.SOLUTION, subject, event="Delete", payload=None, in_feed=True)
    assert (first.kind, first.event, first.origin, first.in_feed) == ("solution", "Create", "", True)
    assert before <= first.published <= clock.later(clock.now(), milliseconds=1)
    assert (gone.seq, gone.digest, gone.in_feed) == (first.seq + 1, "", False)
    assert first.digest == log.digest(b"<a> <b> <c> .\n")
    with database.read() as session:
        assert log.published(session, epoch=first.epoch, seq=first.seq) == first.published
        assert log.published(session, epoch=first.epoch, seq=99) == ""
        assert log.head(session)[:3] == (gone.epoch, gone.seq, gone.published)


def test_a_log_without_a_head_is_empty(database: Database) -> None:
    with database.write() as session:
        session.execute(delete(LogHeadRow))
    with database.read() as session:
        assert log.head(session) == log.Head("", 0, "", facts=0)


def test_start_is_done_once(database: Database) -> None:
    with database.write() as session:
        before = log.head(session)
        log.start(session)
        assert log.head(session) == before


# --- what publishing writes into it ---------------------------------------------------------------------


def repository(number: int, *, name: str = "", licence: str = "MIT") -> Repository:
    url = f"{HOST}/town/app{number}"
    return Repository(
        url,
        {"publiccode.yml": publiccode(name or f"App {number}", url=url, licence=licence)},
        id=100 + number,
    )


def test_an_unchanged_publish_appends_nothing(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(*(repository(number) for number in range(3)))
    before = catalogue.head()
    for row in catalogue.solutions():
        with catalogue.database.write() as session:
            assert publishing.publish(session, row.id, settings=catalogue.settings).outcome == "unchanged"
    assert catalogue.head() == before == 3
    catalogue.check()


def test_withdrawn_is_deleted_once_and_never_comes_back(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(repository(1))
    ulid = catalogue.solutions()[0].id
    for _ in range(2):
        with catalogue.database.write() as session:
            publishing.withdraw(session, ulid, reason="r", settings=catalogue.settings)
    catalogue.crawl(repository(1, name="New"))
    assert catalogue.events() == [f"Create {ulid}", f"Delete {ulid}"]
    catalogue.check()


def test_every_change_is_in_the_log_whatever_happens_in_what_order(catalogue: ScriptedCatalogue) -> None:
    chance = random.Random(7)
    for _ in range(40):
        number, what = (
            chance.randrange(4),
            chance.choice(["put", "put", "rename", "empty", "nothing", "unlicensed"]),
        )
        url = f"{HOST}/town/app{number}"
        shown = {
            "put": repository(number),
            "rename": repository(number, name=f"Other {chance.random():.3}"),
            "nothing": repository(number),
            "empty": Repository(url, {}, id=100 + number),
            "unlicensed": repository(number, licence=""),
        }[what]
        catalogue.crawl(shown)
        catalogue.check()
    kinds = {event.split()[0] for event in catalogue.events()}
    assert kinds == {"Create", "Update", "Delete"}


def test_a_clock_that_goes_back_a_year_stops_nothing(catalogue: ScriptedCatalogue) -> None:
    catalogue.at("2026-06-01T00:00:00.000Z")
    catalogue.crawl(repository(1))
    catalogue.at("2025-06-01T00:00:00.000Z")
    catalogue.crawl(repository(1, name="Later"), repository(2))
    catalogue.check()
    assert [event.split()[0] for event in catalogue.events()] == ["Create", "Update", "Create"]


def test_a_new_base_url_writes_everything_anew(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(
        repository(1),
        repository(2),
        Repository(
            f"{HOST}/town/draft", {"README.md": b"# D\n\nA draft of some length says this here.\n"}, id=9
        ),
    )
    old, new = catalogue.settings.base_url, "https://new.example.org"
    with catalogue.database.write() as session:
        session.add(MetaRow(key="base_url", value=old))
        before = log.head(session)
    catalogue.settings = type(catalogue.settings)(**{**vars(catalogue.settings), "base_url": new})
    services = Services(catalogue.settings)
    services.database = catalogue.database
    assert rebase.rebase(services) == 3
    assert rebase.rebase(services) == 0
    catalogue.check()
    with catalogue.database.read() as session:
        after = log.head(session)
        rows = session.scalars(select(ChangeRow)).all()
    assert after.epoch != before.epoch
    assert after.published > before.published
    assert len(rows) == 2
    assert all(row.subject.startswith(new) for row in rows)
    assert not any(re.search(re.escape(old + "/id"), row.document) for row in catalogue.solutions())
    for row in catalogue.solutions():
        assert f"{old}/id/solution/{row.id}" in catalogue.aliases(row.id)
        assert row.life == "reachable"


@pytest.mark.parametrize("value", ["2026-11-22T10:00:00.000Z", "2024-02-29T23:59:59.999Z"])
def test_moments_sort_as_they_happened(value: str) -> None:
    later: Any = clock.later(value, milliseconds=1)
    assert later > value
    assert clock.text(clock.moment(value)) == value
