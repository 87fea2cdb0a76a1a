"""The clock by which hosts are waited for, and the pauses, which end early when the process has to end."""

from __future__ import annotations

import time

from crawlers.faults import Interrupted

_SLICE = 0.2  # seconds; no lock is held, so that a signal handler may end the pauses
_STARTED = time.time() - time.monotonic()


def monotonic_epoch() -> float:
    """Seconds since the epoch that never jump, whatever happens to the machine's clock after the start."""
    return _STARTED + time.monotonic()


class Pauses:
    """`pauses(seconds)` sleeps; after `end` it raises Interrupted instead, wherever it is."""

    def __init__(self) -> None:
        self._ended = False

    def __call__(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            if self._ended:
                raise Interrupted("ended")
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _SLICE))

    def end(self) -> None:
        """No pause from now on. May be called by a signal handler."""
        self._ended = True
