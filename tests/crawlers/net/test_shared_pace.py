"""Processes of one folder are one visitor to a host: one connection at a time, one pace."""

from __future__ import annotations

import math
import os
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crawlers.faults import Interrupted
from crawlers.net import shared_pace
from crawlers.net.pacing import Host
from crawlers.net.pauses import Pauses
from crawlers.net.shared_pace import LONGEST, SharedPace, forget
from tests.conftest import ExpectLogs

ORIGIN = "https://code.example.org"
# Holds the connection of the host until its standard input ends.
HOLDS = """
import sys
from pathlib import Path
from crawlers.net.shared_pace import SharedPace
with SharedPace(sys.argv[1], folder=Path(sys.argv[2])).connection(seconds=0, wait=print):
    print("held", flush=True)
    sys.stdin.read()
"""


class Machine:
    """The clock that all processes of a machine see alike."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def host(
    folder: Path | None, *, origin: str = ORIGIN, ahead: float = 0.0, machine: Machine | None = None
) -> Host:
    """A host as a process sees it whose own clock is so many seconds ahead."""
    machine = machine or Machine()

    def clock() -> float:
        return 1000.0 + ahead + machine()

    pace = SharedPace(origin, folder=folder, clock=clock, machine=machine)
    return Host("code.example.org", interval=1.0, burst=1, clock=clock, random=lambda: 0.5, shared=pace)


def waits_never(_seconds: float) -> None:
    raise AssertionError("the connection was free")


def test_two_of_one_folder_share_the_slots(tmp_path: Path) -> None:
    one, another = host(tmp_path), host(tmp_path)
    assert [one.reserve_slot(), another.reserve_slot(), one.reserve_slot()] == [0.0, 1.0, 2.0]
    assert host(tmp_path, origin="https://elsewhere.example.org").reserve_slot() == 0.0


def test_without_a_folder_everybody_has_a_pace_of_their_own() -> None:
    assert [host(None).reserve_slot(), host(None).reserve_slot()] == [0.0, 0.0]


def test_what_a_host_asks_of_one_it_asks_of_all(tmp_path: Path) -> None:
    machine = Machine()
    one, another = host(tmp_path, machine=machine), host(tmp_path, machine=machine)
    assert one.record_answer(429, {"retry-after": "30"}, b"")
    machine.now += 10
    assert another.requested_wait() == 20.0
    assert another.rate_limit().retry_at == 1080.0


def test_it_does_not_matter_how_far_a_process_is_ahead(tmp_path: Path) -> None:
    ahead, behind = host(tmp_path, ahead=28_800.0), host(tmp_path)
    assert ahead.reserve_slot() == 0.0
    assert behind.reserve_slot() == 1.0
    assert ahead.record_answer(429, {"retry-after": "30"}, b"")
    assert behind.requested_wait() == 30.0


def test_what_another_start_of_the_machine_has_left_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host(tmp_path).record_answer(429, {"retry-after": "3000"}, b"")
    monkeypatch.setattr(shared_pace, "_boot", lambda: b"another start 16")
    assert host(tmp_path).requested_wait() == 0.0


@pytest.mark.parametrize(
    "broken",
    [b"", b"\0" * 3, b"\xff" * 32, struct.pack(">dd", math.inf, math.nan), struct.pack(">dd", 1e300, 1e300)],
    ids=["empty", "half", "another start", "no numbers", "for ever"],
)
def test_a_broken_pace_holds_nobody_up_for_ever(tmp_path: Path, broken: bytes) -> None:
    host(tmp_path).reserve_slot()
    (file,) = tmp_path.glob("*.pace")
    file.write_bytes(file.read_bytes()[:16] + broken if len(broken) == 16 else broken)
    assert host(tmp_path).reserve_slot() <= LONGEST
    assert host(tmp_path).requested_wait() <= LONGEST


def test_no_host_speaks_for_another(tmp_path: Path) -> None:
    """Names are chosen by strangers: a short name of a file could be met by trying."""
    for number in range(50):
        host(tmp_path, origin=f"https://host{number}.example.org").reserve_slot()
    assert {len(file.stem) for file in tmp_path.iterdir()} == {64}
    assert len(list(tmp_path.iterdir())) == 50


def test_no_file_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    hosts = [host(tmp_path, origin=f"https://host{number}.example.org") for number in range(100)]
    for each in hosts:
        each.reserve_slot()
        with each.connection(seconds=0, wait=waits_never):
            pass
    assert len(os.listdir("/proc/self/fd")) <= before + 2


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path, expected_logs: ExpectLogs) -> None:
    expected_logs("WARNING allmende.harvest: hosts are not paced together with other processes")
    (tmp_path / "hosts").write_text("a file")
    one = host(tmp_path / "hosts")
    assert [one.reserve_slot(), one.reserve_slot()] == [0.0, 1.0]
    with one.connection(seconds=0, wait=waits_never) as file:
        assert file is None


def test_hosts_that_nobody_asks_any_more_are_forgotten(tmp_path: Path) -> None:
    old, new = host(tmp_path), host(tmp_path, origin="https://new.example.org")
    with old.connection(seconds=0, wait=waits_never):
        old.reserve_slot()
        for file in tmp_path.iterdir():
            os.utime(file, (0, 0))
        new.reserve_slot()
        assert forget(tmp_path, before=1000.0) == 1, "whose connection is held is left alone"
    assert forget(tmp_path, before=1000.0) == 1
    assert forget(tmp_path / "not there", before=1000.0) == 0
    assert len(list(tmp_path.iterdir())) == 1


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
        with host(tmp_path).connection(seconds=60, wait=time.sleep):
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


def test_who_waits_too_long_for_the_connection_is_told(tmp_path: Path) -> None:
    one, another = host(tmp_path), host(tmp_path)
    waits: list[float] = []
    with one.connection(seconds=0, wait=waits_never):
        for each in (one, another):  # of this process, and as another one
            with pytest.raises(Interrupted) as caught, each.connection(seconds=0.2, wait=waits.append):
                pass
            assert caught.value.code == "host-busy"
    assert sum(waits) == pytest.approx(0.2)
    with another.connection(seconds=0, wait=waits_never):
        pass


def test_a_pause_ends_when_the_process_has_to() -> None:
    pauses = Pauses()
    pauses(0.01)
    threading.Timer(0.05, pauses.end).start()
    with pytest.raises(Interrupted) as caught:
        pauses(600)
    assert caught.value.code == "ended"
