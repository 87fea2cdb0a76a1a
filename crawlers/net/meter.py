"""Counts requests and bytes: of a process, and within it of each run."""

from __future__ import annotations

import threading


class Meter:
    """Totals that several threads add to. What is added here is added to `parent` as well."""

    def __init__(self, parent: Meter | None = None) -> None:
        self.requests = 0
        self.bytes = 0
        self._parent = parent
        self._lock = threading.Lock()

    def add(self, *, requests: int = 0, bytes: int = 0) -> None:
        """Add requests that were sent, and bytes of both directions."""
        with self._lock:
            self.requests += requests
            self.bytes += bytes
        if self._parent is not None:
            self._parent.add(requests=requests, bytes=bytes)
