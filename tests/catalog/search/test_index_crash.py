"""A writer killed at any moment leaves the commit before or the commit after.

Documents and cursor agree, nothing acknowledged is lost.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from catalog.changes.cursor import Cursor
from catalog.search import Query, SearchIndex, open_index
from tests.support.index_writer import documents

ROOT = Path(__file__).resolve().parents[3]


def _killed_writer(engine: str, folder: Path, *, after: int, seconds: float) -> int:
    """Start a writer, let it make so many commits, kill it some time into the next.

    The last cursor it acknowledged.
    """
    command = [sys.executable, "-m", "tests.support.index_writer", engine, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        for _ in range(after):
            assert writer.stdout.readline(), "the writer ended by itself"
        time.sleep(seconds)  # not to wait for anything: this is where in a commit it dies
        writer.kill()
        rest = [line for line in writer.stdout.read().split("\n") if line]
    return int(rest[-1]) if rest else -1


def _holds_what_its_cursor_says(index: SearchIndex) -> int:
    epoch, number, _ = index.cursor
    expected = documents(number)
    assert epoch == ("e" if number else "")
    assert index.ids() == expected.keys()
    results = index.query(Query(facets=("topic",), size=100))
    counts = {f"n{wrote}": list(expected.values()).count(wrote) for wrote in expected.values()}
    assert dict(results.facets["topic"]) == counts
    if number:
        assert {hit.id for hit in index.query(Query(text=f'"Stand n{number}"', size=100)).hits} == {
            identifier for identifier, wrote in expected.items() if wrote == number
        }
    return number


def test_kill_9(
    engine: str, tmp_path: Path, amount: Callable[[int, int], int], evidence: Callable[[str, int], None]
) -> None:
    chance = random.Random(f"kill {engine}")
    kills = amount(5, 100)
    before = 0
    for _ in range(kills):
        acknowledged = _killed_writer(
            engine, tmp_path, after=chance.randrange(1, 4), seconds=chance.random() * 0.1
        )
        index = open_index(engine, tmp_path, write=True)
        number = _holds_what_its_cursor_says(index)
        assert number >= max(acknowledged, before + 1)
        before = number
        index.close()
    evidence(f"writers of {engine} killed", kills)


def test_what_a_killed_writer_left_does_not_pile_up(engine: str, tmp_path: Path) -> None:
    for _ in range(2):
        _killed_writer(engine, tmp_path, after=2, seconds=0.03)
    index = open_index(engine, tmp_path, write=True)
    index.rebuild((), Cursor("e", 1))
    index.rebuild((), Cursor("e", 2))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) < 40, files
    index.close()
