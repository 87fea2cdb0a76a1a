"""Processes with limits of time and memory, in which all foreign text is parsed.

`Sandbox.run("package.module:function", argument)` calls a function from bytes to bytes in a child process. A
child that crashes or goes beyond a limit is replaced, and the caller gets a `SandboxError`. Nothing of ours
is imported here: the child imports the function. Its environment holds no secret, and its answers are bytes,
never pickles.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from enum import StrEnum
from pathlib import Path

# What goes through the pipes: a request is name and argument, an answer is one status byte and the content.
# Each part but the status has its length before it.
_LENGTH = struct.Struct(">I")
_SUCCESS = b"+"
_OUT_OF_MEMORY = b"m"
_FAILURE = b"-"
_MOST_BYTES = 64 * 1024 * 1024  # of an answer
_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds; the system counts in these
_ROOT = str(Path(__file__).resolve().parent)
_IMPORT_SECONDS = 30.0
_ORPHAN_SECONDS = 120  # a child whose parent was killed during a call ends itself
PATIENCE = 10.0  # times its own time a child may take by the clock: on a busy machine it waits for its turn


class Reason(StrEnum):
    """Why a call failed."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"
    CLOSED = "closed"


class SandboxError(Exception):
    """A call failed: the function raised, its process ended, or a limit was reached."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Limit:
    """How long a child may go on: its own time, as the system counts it, and the clock's many times over."""

    def __init__(self, process: int, *, seconds: float, patience: float) -> None:
        self._process = process
        self._seconds = seconds
        self._end = time.monotonic() + seconds * patience
        self._began = time.monotonic()
        self._spent_before = _seconds_of(process)

    def left(self) -> float:
        """Seconds until it is worth asking again; 0 if the limit is reached."""
        now = time.monotonic()
        spent = _seconds_of(self._process)
        if spent is None or self._spent_before is None:
            return max(self._began + self._seconds - now, 0.0)
        own = self._seconds - (spent - self._spent_before)
        return max(min(own, self._end - now), 0.0) if own >= _TICK else 0.0


def _seconds_of(process: int) -> float | None:
    """The processor time that a process has used; None where the system does not tell (no /proc)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) * _TICK


class _Worker:
    """One child process. Not thread-safe; after a SandboxError it must be closed."""

    def __init__(self, memory: int) -> None:
        environment = {
            "PYTHONPATH": _ROOT,
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._imported: set[str] = set()
        # -P: the current folder is not searched for modules; it may be a stranger's checkout.
        self.process = subprocess.Popen(  # noqa: S603  (our own interpreter and our own line)
            [sys.executable, "-P", "-c", f"import sandbox; sandbox.work({memory})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            close_fds=True,
        )

    def call(self, name: str, argument: bytes, *, seconds: float, patience: float) -> bytes:
        """The answer of a function. `seconds` are of the child's own time and begin after the import."""
        module = name.partition(":")[0]
        if module not in self._imported:
            self._request(module, b"", seconds=_IMPORT_SECONDS, patience=patience)
            self._imported.add(module)
        return self._request(name, argument, seconds=seconds, patience=patience)

    def _request(self, name: str, argument: bytes, *, seconds: float, patience: float) -> bytes:
        limit = _Limit(self.process.pid, seconds=seconds, patience=patience)
        assert self.process.stdin
        try:
            for part in (name.encode(), argument):
                self.process.stdin.write(_LENGTH.pack(len(part)) + part)
            self.process.stdin.flush()
        except OSError:
            raise SandboxError(Reason.CRASH) from None
        status = self._read(1, limit)
        length = self._read(_LENGTH.size, limit)
        content = self._read(min(_LENGTH.unpack(length)[0], _MOST_BYTES), limit)
        if status == _OUT_OF_MEMORY:
            raise SandboxError(Reason.MEMORY)
        if status != _SUCCESS:
            raise SandboxError(Reason.CRASH)
        return content

    def _read(self, size: int, limit: _Limit) -> bytes:
        assert self.process.stdout
        pipe = self.process.stdout.fileno()
        readable = select.poll()  # select() takes no descriptor above 1023
        readable.register(pipe, select.POLLIN)
        content = bytearray()
        while len(content) < size:
            while not readable.poll(limit.left() * 1000):
                if limit.left() <= 0:
                    raise SandboxError(Reason.TIME)
            part = os.read(pipe, size - len(content))
            if not part:
                raise SandboxError(Reason.CRASH)
            content += part
        return bytes(content)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class Sandbox:
    """A pool of at most `workers` children, started when first needed. Thread-safe.

    `memory` is the bytes of address space that a child may take.
    """

    def __init__(self, *, workers: int = 2, memory: int = 512 * 1024 * 1024) -> None:
        self._memory = memory
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._closed = False
        self._lock = threading.Lock()
        for _ in range(workers):
            self._idle.put(None)

    def run(self, name: str, argument: bytes, *, seconds: float = 5.0, patience: float = PATIENCE) -> bytes:
        """The answer of `name` ("package.module:function") to `argument`. Blocks while all workers are busy.

        SandboxError if the function does not answer within `seconds` of its own time or `patience` times as
        many by the clock, or not at all.
        """
        worker = self._idle.get()
        try:
            if self._closed:
                raise SandboxError(Reason.CLOSED)
            if worker and worker.process.poll() is not None:  # it died while idle
                worker.close()
                worker = None
            worker = worker or _Worker(self._memory)
            answer = worker.call(name, argument, seconds=seconds, patience=patience)
        except BaseException:
            if worker:
                worker.close()
            self._idle.put(None)
            raise
        with self._lock:
            closed = self._closed
            self._idle.put(None if closed else worker)
        if closed:
            worker.close()
        return answer

    def close(self) -> None:
        """End all children; later calls raise SandboxError."""
        with self._lock:
            self._closed = True
        workers = []
        with contextlib.suppress(queue.Empty):
            while True:
                workers.append(self._idle.get_nowait())
        for worker in workers:
            if worker:
                worker.close()
            self._idle.put(None)


def work(memory: int) -> None:
    """The loop of a child: reads calls from its standard input until that ends. `memory` as in `Sandbox`."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Ctrl+C goes to the whole process group; the parent decides when its children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = sys.stdin.buffer
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints does not get among the answers
    while True:
        length = source.read(_LENGTH.size)
        if len(length) < _LENGTH.size:
            return
        name = source.read(_LENGTH.unpack(length)[0]).decode()
        argument = source.read(_LENGTH.unpack(source.read(_LENGTH.size))[0])
        signal.alarm(_ORPHAN_SECONDS)
        status, answer = _answer(name, argument)
        signal.alarm(0)
        target.write(status + _LENGTH.pack(len(answer)) + answer)
        target.flush()


def _answer(name: str, argument: bytes) -> tuple[bytes, bytes]:
    module, _, function = name.partition(":")
    try:
        imported = importlib.import_module(module)
        answer = getattr(imported, function)(argument) if function else b""
    except MemoryError:
        return _OUT_OF_MEMORY, b""
    except Exception:  # whatever foreign text does to a parser ends here; the caller reports it
        return _FAILURE, b""
    return _SUCCESS, answer
