"""Strangers' text under limits: functions run in spawned workers that may be killed. The one place where foreign text is parsed.

`Sandbox.run("room.module:function", argument)` runs a named function of one bytes argument that gives bytes, in a child with its memory
limited and its patience measured. A child that dies, swells or dawdles is replaced and the caller gets `SandboxError`. Imports nothing of
ours: the function is imported in the child, whose environment carries no secret and whose answers are bytes, never pickles.
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
from pathlib import Path

_HEAD = struct.Struct(">I")
_LIMIT = 64 * 1024 * 1024
_HERE = str(Path(__file__).resolve().parent)
_IMPORT_SECONDS = 30.0
_ORPHAN_SECONDS = 120  # a child whose parent was killed in the middle of a text ends itself


class SandboxError(Exception):
    """The text could not be worked on. `reason` is "time", "memory" or "crash"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Worker:
    def __init__(self, memory: int) -> None:
        environment = {
            "PYTHONPATH": _HERE,
            "PATH": os.environ.get("PATH", ""),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.ready: set[str] = set()  # the modules it has imported
        # -P: the folder somebody stands in is not searched for modules; it may be a stranger's checkout.
        self.process = subprocess.Popen(  # noqa: S603  (our own interpreter and our own line)
            [sys.executable, "-P", "-c", f"import sandbox; sandbox.work({memory})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            close_fds=True,
        )

    def call(self, name: str, argument: bytes, *, seconds: float) -> bytes:
        """The answer; importing the function's module first is not the text's fault and has a time of its own."""
        module = name.partition(":")[0]
        if module not in self.ready:
            self._ask(module, b"", seconds=_IMPORT_SECONDS)
            self.ready.add(module)
        return self._ask(name, argument, seconds=seconds)

    def _ask(self, name: str, argument: bytes, *, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        assert self.process.stdin
        try:
            for part in (name.encode(), argument):
                self.process.stdin.write(_HEAD.pack(len(part)) + part)
            self.process.stdin.flush()
        except OSError:
            raise SandboxError("crash") from None
        status, answer = self._read(1, deadline), self._read(_HEAD.size, deadline)
        content = self._read(min(_HEAD.unpack(answer)[0], _LIMIT), deadline)
        if status == b"m":
            raise SandboxError("memory")
        if status != b"+":
            raise SandboxError("crash")
        return content

    def _read(self, size: int, deadline: float) -> bytes:
        assert self.process.stdout
        handle, content = self.process.stdout.fileno(), bytearray()
        waiting = select.poll()  # select() takes no handle above 1023
        waiting.register(handle, select.POLLIN)
        while len(content) < size:
            if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise SandboxError("time")
            part = os.read(handle, size - len(content))
            if not part:
                raise SandboxError("crash")
            content += part
        return bytes(content)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class Sandbox:
    """A pool of at most `workers` children, started when first needed. `memory` is bytes of address space a child may take."""

    def __init__(self, *, workers: int = 2, memory: int = 512 * 1024 * 1024) -> None:
        self._memory = memory
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._closed = False
        self._lock = threading.Lock()
        for _ in range(workers):
            self._idle.put(None)

    def run(self, name: str, argument: bytes, *, seconds: float = 5.0) -> bytes:
        """The answer of `name` ("package.module:function") to `argument`; raises SandboxError. Blocks while all workers are busy."""
        worker = self._idle.get()
        try:
            if self._closed:
                raise SandboxError("crash")
            if worker and worker.process.poll() is not None:  # it died while nobody asked it anything
                worker.close()
                worker = None
            worker = worker or _Worker(self._memory)
            answer = worker.call(name, argument, seconds=seconds)
        except BaseException:
            if worker:
                worker.close()
            self._idle.put(None)
            raise
        with self._lock:
            ended = self._closed
            self._idle.put(None if ended else worker)
        if ended:
            worker.close()
        return answer

    def close(self) -> None:
        """End all children; whoever asks later gets a SandboxError."""
        with self._lock:
            self._closed = True
        idle = []
        with contextlib.suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for worker in idle:
            if worker:
                worker.close()
            self._idle.put(None)


def work(memory: int) -> None:
    """The child's loop."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl+C goes to the whole group; the parent decides when its children end
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        head = source.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        name = source.read(_HEAD.unpack(head)[0]).decode()
        argument = source.read(_HEAD.unpack(source.read(_HEAD.size))[0])
        signal.alarm(_ORPHAN_SECONDS)
        status, answer = _answer(name, argument)
        signal.alarm(0)
        target.write(status + _HEAD.pack(len(answer)) + answer)
        target.flush()


def _answer(name: str, argument: bytes) -> tuple[bytes, bytes]:
    module, _, function = name.partition(":")
    try:
        imported = importlib.import_module(module)
        answer = getattr(imported, function)(argument) if function else b""
    except MemoryError:
        return b"m", b""
    except Exception:  # whatever foreign text does to a parser ends here; the caller says a sentence
        return b"-", b""
    return b"+", answer
