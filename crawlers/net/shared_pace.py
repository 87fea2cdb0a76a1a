"""What the processes of a machine share about a host: whose turn it is, its next slot, the wait it asked for.

The processes of one DATA_DIR (the site, the worker, `crawl`, the git program) are one visitor to a host: one
connection at a time and one pace. A second machine has a folder of its own; leases keep the two apart.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import math
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crawlers.faults import Interrupted

_LOG = logging.getLogger("allmende.harvest")
_RECORD = struct.Struct(">16sdd")  # the boot, and two moments of the machine's clock
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOOK_SECONDS = 0.05  # how often who waits for the connection looks again
LONGEST = 86_400.0  # seconds: nothing that is stored can hold anybody up for longer


@dataclass
class Times:
    """When the next request is due, and until when the host asked to wait. Seconds of `clock`."""

    next_slot: float = 0.0
    limited_until: float = 0.0


class SharedPace:
    """The times of one host, and the lock of its one connection. Thread-safe; holds no file open meanwhile.

    Without a folder, or where that cannot be written, they are this process's own. The clocks of processes
    differ; what is stored are moments of `machine`, which all of them see alike until the next start.
    """

    def __init__(
        self,
        origin: str,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        machine: Callable[[], float] = time.monotonic,
    ) -> None:
        self._times = Times()
        self._times_lock = threading.Lock()
        self._connection_lock = threading.Lock()
        self._folder = folder
        self._name = hashlib.sha256(origin.encode()).hexdigest()
        self._clock = clock
        self._machine = machine

    @contextlib.contextmanager
    def times(self) -> Iterator[Times]:
        """The times as they are now; what the caller changes is what all see next."""
        if self._folder is None:
            with self._times_lock:
                yield self._times
            return
        with self._times_lock, self._opened("pace") as file:
            if file is None:
                yield self._times
                return
            fcntl.flock(file, fcntl.LOCK_EX)  # for a few microseconds
            offset = self._clock() - self._machine()
            times = _read(file, offset, now=self._clock())
            before = (times.next_slot, times.limited_until)
            yield times
            if before != (times.next_slot, times.limited_until):
                _write(file, times, offset)

    @contextlib.contextmanager
    def connection(self, *, seconds: float, wait: Callable[[float], None]) -> Iterator[int | None]:
        """Held while a request is on its way: one connection a host, whichever process asks.

        Its file descriptor, for a child that goes on holding it should this process be killed. Interrupted if
        it is not free within so many seconds.
        """
        waited = 0.0
        while not self._connection_lock.acquire(timeout=_LOOK_SECONDS):
            waited = _looked(waited, seconds)
            wait(0.0)  # has the process to end?
        try:
            there = self._folder is None
            if there:
                yield None
            while not there:
                with self._opened("connection") as file:
                    while file is not None and not _locked(file):
                        waited = _looked(waited, seconds)
                        wait(_LOOK_SECONDS)
                    there = file is None or os.fstat(file).st_nlink > 0  # else `forget` came first
                    if there:
                        yield file
        finally:
            self._connection_lock.release()

    @contextlib.contextmanager
    def _opened(self, kind: str) -> Iterator[int | None]:
        """The file of this host, which nobody has removed meanwhile; its lock ends with it."""
        file = self._open(kind)
        try:
            yield file
        finally:
            if file is not None:
                os.close(file)

    def _open(self, kind: str) -> int | None:
        if self._folder is None:
            return None
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(
                self._folder / f"{self._name}.{kind}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            self._folder = None
            _LOG.warning("hosts are not paced together with other processes: %s", error)
            return None


def _looked(waited: float, seconds: float) -> float:
    if waited >= seconds:
        raise Interrupted("host-busy")
    return waited + _LOOK_SECONDS


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: int, offset: float, *, now: float) -> Times:
    """What is stored; nothing if it is of another start of the machine, or was broken."""
    stored = os.pread(file, _RECORD.size, 0)
    if len(stored) != _RECORD.size:
        return Times()
    boot, *moments = _RECORD.unpack(stored)
    if boot != _boot() or not all(map(math.isfinite, moments)):
        return Times()
    next_slot, limited_until = (min(moment + offset, now + LONGEST) for moment in moments)
    return Times(next_slot, limited_until)


def _write(file: int, times: Times, offset: float) -> None:
    record = _RECORD.pack(_boot(), times.next_slot - offset, times.limited_until - offset)
    with contextlib.suppress(OSError):  # a full disk: the next request comes a little too early
        os.pwrite(file, record, 0)


@cache
def _boot() -> bytes:
    """Which start of the machine its clock counts from; empty where the system does not tell."""
    with contextlib.suppress(OSError):
        return hashlib.sha256(_BOOT_ID.read_bytes()).digest()[:16]
    return bytes(16)


def forget(folder: Path, *, before: float) -> int:
    """Remove the files of hosts that nobody has asked since then (epoch seconds). How many."""
    count = 0
    for path in sorted(folder.glob("*.*")):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before and _removed(path):
                count += 1
    return count


def _removed(path: Path) -> bool:
    """Remove a file unless somebody holds it."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not _locked(file):
            return False
        path.unlink()
        return True
    finally:
        os.close(file)
