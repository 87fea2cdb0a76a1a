"""Processes of one folder are one visitor to a host: one connection at a time, one pace."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crawlers.faults import CrawlError
from crawlers.net.pacing import Host
from crawlers.net.pauses import ENDED, Pauses
from crawlers.net.shared_pace import SharedPace

ORIGIN = "https://code.example.org"
# Holds the connection of the host until its standard input ends.
HOLDS = """
import sys
from pathlib import Path
from crawlers.net.shared_pace import SharedPace
with SharedPace(sys.argv[1], folder=Path(sys.argv[2])).connection():
    print("held", flush=True)
    sys.stdin.read()
"""


def host(folder: Path | None, *, origin: str = ORIGIN) -> Host:
    return Host(
        "code.example.org",
        interval=1.0,
        burst=1,
        clock=lambda: 1000.0,
        random=lambda: 0.5,
        shared=SharedPace(origin, folder=folder),
    )


def test_two_of_one_folder_share_the_slots(tmp_path: Path) -> None:
    one, another = host(tmp_path), host(tmp_path)
    assert [one.reserve_slot(), another.reserve_slot(), one.reserve_slot()] == [0.0, 1.0, 2.0]
    assert host(tmp_path, origin="https://elsewhere.example.org").reserve_slot() == 0.0


def test_without_a_folder_everybody_has_a_pace_of_their_own() -> None:
    assert [host(None).reserve_slot(), host(None).reserve_slot()] == [0.0, 0.0]


def test_what_a_host_asks_of_one_it_asks_of_all(tmp_path: Path) -> None:
    one, another = host(tmp_path), host(tmp_path)
    assert one.record_answer(429, {"retry-after": "30"}, b"")
    assert another.requested_wait() == 30.0
    assert another.rate_limit().retry_at == 1030.0


def test_half_a_written_pace_is_none(tmp_path: Path) -> None:
    host(tmp_path).reserve_slot()
    for file in tmp_path.glob("*.pace"):
        file.write_bytes(b"\0\0\0")
    assert host(tmp_path).reserve_slot() == 0.0


def test_the_folder_cannot_grow_without_end(tmp_path: Path) -> None:
    for number in range(50):
        SharedPace(f"https://host{number}.example.org", folder=tmp_path).close()
    assert {len(file.stem) for file in tmp_path.iterdir()} == {4}


def test_one_connection_in_all_processes_and_none_is_left_by_a_killed_one(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDS, ORIGIN, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    taken = threading.Event()

    def take() -> None:
        with host(tmp_path).connection():
            taken.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not taken.wait(0.3), "the other process is at it"
    child.kill()
    assert taken.wait(10)
    waiting.join()
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_a_pause_ends_when_the_process_has_to() -> None:
    pauses = Pauses()
    pauses(0.01)
    threading.Timer(0.05, pauses.end).start()
    with pytest.raises(CrawlError) as caught:
        pauses(600)
    assert caught.value.code == ENDED
