"""Jobs by host: one at a time for each host, a bounded number of hosts at once.

So a silent host holds up nobody else.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

Job = Callable[[], None]
_LOG = logging.getLogger("allmende.harvest")


class Jobs(Protocol):
    """A queue that runs one job of a host at a time."""

    def submit(self, host: str, job: Job) -> None:
        """Run a job after all earlier ones of its host."""
        ...


class Inline:
    """Runs jobs in the calling thread, in the order in which they come."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._running = False

    def submit(self, host: str, job: Job) -> None:
        """Run it now, or after the job that submits it."""
        self._jobs.append(job)
        if self._running:
            return
        self._running = True
        try:
            while self._jobs:
                self._jobs.popleft()()
        finally:
            self._running = False
            self._jobs.clear()


class HostQueues:
    """Runs jobs in at most `most` threads, one host a thread at a time.

    A host gives way to others after each job.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[Job]] = {}  # of each host that has jobs, or one at hand
        self._ready: deque[str] = deque()  # hosts with jobs of which none is at hand
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def submit(self, host: str, job: Job) -> None:
        """Run a job after all earlier ones of its host."""
        with self._changed:
            if host in self._waiting:
                self._waiting[host].append(job)
                return
            self._waiting[host] = deque((job,))
            self._make_ready(host)

    def _make_ready(self, host: str) -> None:
        self._ready.append(host)
        if len(self._ready) <= self._idle:  # each that is idle takes one, also those that have not woken yet
            self._changed.notify_all()
        elif len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, name=f"host-{len(self._threads)}", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            host, job = taken
            try:
                job()
            except BaseException:  # jobs keep their own faults; a thread must not be lost
                _LOG.exception("a job of %s broke off", host)
            with self._changed:
                if self._waiting[host]:
                    self._make_ready(host)
                else:
                    del self._waiting[host]
                self._changed.notify_all()

    def _take(self) -> tuple[str, Job] | None:
        """The next job of a host that nobody works for; None when it is time to end."""
        with self._changed:
            while not self._ready and not self._closed:
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            if not self._ready:
                return None
            host = self._ready.popleft()
            return host, self._waiting[host].popleft()

    def close(self) -> None:
        """Wait until all jobs are done, those too that they submit, and end the threads."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)
            self._closed = True
            self._changed.notify_all()
        for thread in list(self._threads):
            thread.join()
