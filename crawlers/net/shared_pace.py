"""What the processes of a machine share about a host: whose turn it is, its next slot, the wait it asked for.

Two processes of one DATA_DIR (the site, the worker, a command) are one visitor to a host: one connection at a
time and one pace. A second machine has a folder of its own; of those the leases of sources keep one away.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TIMES = struct.Struct(">dd")
_NAME_DIGITS = 4  # of the hash: 65,536 files at most; hosts that share one share a pace, which is polite


@dataclass
class Times:
    """`next_slot`: when the next request is due; `limited_until`: the host asked to wait. Epoch seconds."""

    next_slot: float = 0.0
    limited_until: float = 0.0


class SharedPace:
    """The times of one host, and the lock of its one connection. Thread-safe.

    Without a folder they are this process's own.
    """

    def __init__(self, origin: str, *, folder: Path | None = None) -> None:
        self._times = Times()
        self._times_lock = threading.Lock()
        self._connection_lock = threading.Lock()
        self._files: tuple[int, int] | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = hashlib.sha256(origin.encode()).hexdigest()[:_NAME_DIGITS]
            self._files = (_opened(folder / f"{name}.pace"), _opened(folder / f"{name}.connection"))

    @contextlib.contextmanager
    def times(self) -> Iterator[Times]:
        """The times as they are now; what the caller changes is what all see next."""
        with self._times_lock:
            if self._files is None:
                yield self._times
                return
            with _locked(self._files[0]):
                stored = os.pread(self._files[0], _TIMES.size, 0)
                times = Times(*_TIMES.unpack(stored)) if len(stored) == _TIMES.size else Times()
                before = (times.next_slot, times.limited_until)
                yield times
                if before != (times.next_slot, times.limited_until):
                    os.pwrite(self._files[0], _TIMES.pack(times.next_slot, times.limited_until), 0)

    @contextlib.contextmanager
    def connection(self) -> Iterator[None]:
        """Held while a request is on its way: one connection a host, whichever process asks."""
        with self._connection_lock:
            if self._files is None:
                yield
                return
            with _locked(self._files[1]):
                yield

    def close(self) -> None:
        """Give the files back."""
        if self._files is not None:
            for file in self._files:
                os.close(file)
            self._files = None


def _opened(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def _locked(file: int) -> Iterator[None]:
    """Hold the lock of an open file; it ends with its process, however that ends."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
