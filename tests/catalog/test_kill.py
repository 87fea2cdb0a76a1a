"""kill -9 at any moment.

What was said to be kept is kept, the log has no gap, the index finds its way, the site comes back.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from catalog.base import database as databases
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.changes import log
from catalog.changes.followers import Lock, catch_up
from catalog.entries import store
from catalog.search import open_index
from catalog.search.follower import IndexFollower
from tests.run import ROOT
from tests.support.crawl_processes import REPOSITORIES
from tests.support.scripted_catalogue import ScriptedCatalogue, check_log
from tests.support.servers.ports import free_port


def sound(catalogue: ScriptedCatalogue, engine: str, acknowledged: dict[str, int]) -> None:
    """What must hold after a restart."""
    opened = databases.connect(catalogue.settings)
    with opened.read() as session:
        if opened.sqlite:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        check_log(catalogue.settings, session)
        for number, version in acknowledged.items():
            row = store.get(session, id=number)
            if row.state == "listed":
                assert int(store.solution_of(row).version) >= version
            else:
                assert row.state == "draft"
        head = log.head(session)
    lock, index = (
        Lock(opened, catalogue.settings.data_dir, "index", per_node=True),
        open_index(engine, catalogue.settings.data_dir / "index", write=True),
    )
    assert lock.acquire(), "the lock outlived its holder"
    catch_up(opened, IndexFollower(index, catalogue.settings))
    assert index.ids() == {row.id for row in catalogue.solutions("listed")}
    assert index.cursor == (head.epoch, head.seq, head.facts)
    lock.release()
    index.close()
    opened.close()


def test_a_crawl_killed_at_any_moment_loses_nothing(
    catalogue: ScriptedCatalogue,
    database: Database,
    settings: Settings,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    engine, chance = "whoosh" if settings.database_url else "tantivy", random.Random(9)
    command = [
        sys.executable,
        "-m",
        "tests.support.crawl_processes",
        settings.database_url,
        str(settings.data_dir),
        engine,
    ]
    version, count, kills = 1, 0, amount(4, 100)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as spawner:
        assert spawner.stdin
        assert spawner.stdout
        for _ in range(kills):
            spawner.stdin.write(f"{chance.random() * 0.7} {version}\n")
            spawner.stdin.flush()
            acknowledged: dict[str, int] = {}
            for line in spawner.stdout:
                word, *values = line.split()
                if word != "ack":
                    assert line == "dead\n", line
                    break
                if len(values) == 2:  # the last line may be cut off
                    acknowledged[values[0]], count = int(values[1]), count + 1
            assert acknowledged
            sound(catalogue, engine, acknowledged)
            version = max(acknowledged.values()) + 1
        spawner.stdin.close()
    assert 0 < len(catalogue.solutions()) <= REPOSITORIES
    evidence(f"crawls on {database.engine.dialect.name} killed with no acknowledged commit lost", kills)
    evidence(f"acknowledged commits on {database.engine.dialect.name}", count)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_site_killed_at_any_moment_comes_back(
    make_settings: Callable[..., Settings],
    engine: str,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    settings, chance, kills = make_settings(engine), random.Random(5), amount(2, 30)
    for number in range(kills + 1):
        port = free_port()
        process = serve(settings.data_dir, port)
        try:
            if number < kills and number % 2:
                time.sleep(chance.random() * 3)  # not to wait for anything: this is where it dies
            else:
                ready(process, port)
        finally:
            os.kill(process.pid, signal.SIGKILL if number < kills else signal.SIGTERM)
            process.wait(timeout=30)
            if process.stderr:
                process.stderr.close()
    assert process.returncode == 0, "a polite end is a clean one"
    evidence("sites killed that came back", kills)


def test_the_site_listens_on_this_machine_only_and_says_where(make_settings: Callable[..., Settings]) -> None:
    settings, port = make_settings("sqlite"), free_port()
    process = serve(settings.data_dir, port, stdout=subprocess.PIPE)
    try:
        ready(process, port)
        assert listening(port) == {"0100007F"}
        assert process.stdout
        assert (
            process.stdout.readline().decode().startswith(f"Allmende is running at http://127.0.0.1:{port} ")
        )
        begun = time.monotonic()
        second = subprocess.run(
            [*COMMAND, "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment(settings.data_dir),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert second.stderr.splitlines()[-1].startswith(f"allmende: Port {port} is already in use")
        assert "Traceback" not in second.stderr
        assert time.monotonic() - begun < 30
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


COMMAND = [sys.executable, "-m", "app"]


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ALLMENDE_DATA_DIR": str(folder),
        "ALLMENDE_SEED": "false",
        "ALLMENDE_LOG_LEVEL": "WARNING",
        "LANG": "C.UTF-8",
    }


def serve(folder: Path, port: int, **pipes: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment(folder),
        stderr=subprocess.PIPE,
        **{"stdout": subprocess.DEVNULL, **pipes},
    )


def ready(process: subprocess.Popen[bytes], port: int, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        assert time.monotonic() < end, "the site did not become ready"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)


def listening(port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which somebody listens at this port."""
    lines = []
    for name in ("tcp", "tcp6"):
        lines += [line.split() for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {
        words[1].rpartition(":")[0]
        for words in lines
        if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port
    }
