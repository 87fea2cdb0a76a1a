"""How much work something is, told by the processor's clock.

What a busy machine or a collector's pause adds is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def cpu(work: Callable[[], Any], *, enough: float = 0.0) -> float:
    """Seconds of this thread's work, the least of three tries.

    The first that stays below `enough` ends it.
    """
    least = float("inf")
    for _ in range(3):
        began = time.thread_time()
        work()
        least = min(least, time.thread_time() - began)
        if least < enough:
            break
    return least
