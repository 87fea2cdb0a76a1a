"""Since when a follower stands still although there is something new.

An entry of the log says when it was published; the numbered facts outside the log have no time, so a process
notes for itself since when it sees a follower stand where it stands.
"""

from __future__ import annotations

import threading

from catalog.base import clock
from catalog.changes.cursor import Cursor


class Stalled:
    """What one process has seen. Thread-safe."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Cursor, str]] = {}
        self._lock = threading.Lock()

    def since(self, name: str, cursor: Cursor, *, behind: bool) -> str:
        """The moment since which a follower is seen behind at this cursor; "" if it is not behind."""
        with self._lock:
            if not behind:
                self._seen.pop(name, None)
                return ""
            known = self._seen.get(name)
            if known is None or known[0] != cursor:
                known = (cursor, clock.now())
                self._seen[name] = known
            return known[1]
