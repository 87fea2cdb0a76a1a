"""The benchmarks run at tiny sizes and give the rows that are promised.

Nothing here asserts a time: that is what `make bench` is for.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks import __main__ as command
from benchmarks import answers, catalogue, feed, first_crawl, growth, measuring, search, unchanged, upsert
from catalog.changes import log
from catalog.operations.services import Services
from catalog.outlets.dcat_feed import PageRequest
from catalog.search import SearchIndex

TINY: dict[str, Callable[[], list[measuring.Row]]] = {
    "P1": lambda: search.run(60),
    "P3": lambda: feed.run(20, 40, rounds=1),
    "P6": lambda: first_crawl.run((5, 8)),
    "P7": lambda: unchanged.run(tags=3),
    "P8": lambda: upsert.run(20, rounds=1),
    "P9": lambda: answers.run(20, rounds=1),
    "P11": lambda: growth.run(20, 40, rounds=1),
}
KEYS = {"id", "what", "ours", "peer", "ratio", "goal", "met"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No kept catalogue is used and none is left behind; real repositories are not read."""
    monkeypatch.setattr(catalogue, "SCRATCH", tmp_path_factory.getbasetemp() / "benchmarks")
    monkeypatch.setattr(feed, "SCRATCH", tmp_path_factory.getbasetemp())
    monkeypatch.delenv("BENCH_MIRROR", raising=False)


def test_every_benchmark_is_known_to_the_command() -> None:
    files = {path.stem for path in Path(command.__file__).parent.glob("*.py")}
    running = {name for name in files if hasattr(importlib.import_module(f"benchmarks.{name}"), "run")}
    assert running == {"search", "feed", "first_crawl", "unchanged", "upsert", "answers", "growth"}
    assert set(command.BENCHMARKS) == set(TINY)


@pytest.mark.parametrize("name", TINY)
def test_rows_are_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_in_child", lambda measure, records: 100 + records)
    rows = TINY[name]()
    assert rows
    for row in rows:
        assert row.keys() - {"why"} == KEYS
        assert row["id"] == name
        assert row["what"]
        assert row["ours"] > 0
        assert row["peer"] > 0
        assert re.fullmatch(r"(>=|<=) [\d.]+x|< [\d.]+", row["goal"])
        assert isinstance(row["met"], bool)
    assert msgspec.json.decode(msgspec.json.encode(rows)) == rows


def test_a_goal_is_met_or_not() -> None:
    row = measuring.better("P3", "x", ours=600, peer=10, at_least=60, more=True)
    assert row["met"]
    assert row["ratio"] == 60
    assert not measuring.better("P3", "x", ours=599, peer=10, at_least=60, more=True)["met"]
    assert measuring.better("P8", "x", ours=1, peer=8, at_least=8)["met"]
    assert not measuring.better("P8", "x", ours=1, peer=7.9, at_least=8)["met"]
    assert measuring.grown("P11", "x", ours=1.5, peer=1, at_most=1.5)["met"]
    assert not measuring.grown("P11", "x", ours=1.6, peer=1, at_most=1.5)["met"]
    assert not measuring.below("P7", "x", ours=1000, limit=1000)["met"]
    assert not measuring.better("P6", "x", ours=0, peer=8, at_least=8)["met"]  # what did not run is not met


def test_a_missed_goal_says_where_the_time_went() -> None:
    row = measuring.better("P8", "x", ours=2, peer=1, at_least=8, again=lambda: sorted(range(1000)))
    assert any("sorted" in line for line in row["why"])
    assert row["why"][0] in command.table([row])


def test_one_run_leaves_the_rows_of_the_others(tmp_path: Path) -> None:
    def row(id_: str, ours: float) -> measuring.Row:
        return measuring.better(id_, "x", ours=ours, peer=9, at_least=1)

    file = tmp_path / "latest.json"
    command.keep([row("P11", 1), row("P3", 2)], file)
    command.keep([row("P3", 3), row("P3", 4)], file)
    found: list[dict[str, Any]] = msgspec.json.decode(file.read_bytes())
    assert [(one["id"], one["ours"]) for one in found] == [("P3", 3), ("P3", 4), ("P11", 1)]


def test_each_side_is_called_in_turn() -> None:
    called: list[str] = []
    measuring.in_turn({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=2, repeat=2)
    assert "".join(called) == "ab" + "aabb" * 2


def test_the_catalogue_is_one_that_publishing_finds_unchanged() -> None:
    """The fast way in writes what the slow one would have written.

    Put and published again, nothing of it is new.
    """
    from catalog.entries import publishing, store

    services: Services = catalogue.opened(3, index=True)
    try:
        with services.database.write() as session:
            head = log.head(session)
            for entry in catalogue.entries(3):
                assert store.put(session, entry.id, [catalogue.incoming(entry)]) == 0
                assert (
                    publishing.publish(session, entry.id, settings=services.settings).outcome == "unchanged"
                )
            assert log.head(session) == head
        index: SearchIndex = services.index
        assert index.cursor == (head.epoch, 3)
    finally:
        services.close()


def test_growth_leaves_the_catalogue_as_it_was() -> None:
    growth.run(20, 40, rounds=1)
    services = catalogue.opened(40)
    try:
        with services.database.read() as session:
            assert log.head(session).seq == 40
            assert services.feed.page(session, PageRequest("ttl")).next == ""
    finally:
        services.close()


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["P99"]) == 2
    assert "P99" in capsys.readouterr().out
