"""How all benchmarks measure.

Both sides in turn, medians, one kind of row, and a profile where a goal is missed.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
FAST = os.environ.get("FAST") == "1"
SCRATCH = Path(__file__).parent / "scratch"
ROUNDS = 5
_SHOWN = 8  # lines of a profile


def in_turn(
    sides: Mapping[str, Callable[[], object]],
    *,
    rounds: int = ROUNDS,
    repeat: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """The seconds of one call by side.

    The median of `rounds`, each side in each round called `repeat` times, after one call to warm up.
    """
    taken: dict[str, list[float]] = {side: [] for side in sides}
    for call in sides.values():
        call()
    for _ in range(rounds):
        for side, call in sides.items():
            begun = clock()
            for _ in range(repeat):
                call()
            taken[side].append((clock() - begun) / repeat)
    return {side: statistics.median(times) for side, times in taken.items()}


def better(
    id_: str,
    what: str,
    *,
    ours: float,
    peer: float,
    at_least: float,
    more: bool = False,
    ratio: float = 0.0,
    again: Callable[[], object] | None = None,
) -> Row:
    """A row whose goal is to be so many times better than the peer.

    `more` says that a larger number is the better one.

    `ratio` is given where it is not that of the two numbers, as a median of ratios is not the ratio of two
    medians.
    """
    if not ratio and ours and peer:
        ratio = ours / peer if more else peer / ours
    return _row(
        id_, what, ours, peer=peer, ratio=ratio, goal=f">= {at_least:g}x", met=ratio >= at_least, again=again
    )


def grown(
    id_: str,
    what: str,
    *,
    ours: float,
    peer: float,
    at_most: float,
    again: Callable[[], object] | None = None,
) -> Row:
    """A row whose goal is to be at most so many times the peer."""
    ratio = ours / peer if peer else 0.0
    return _row(
        id_,
        what,
        ours,
        peer=peer,
        ratio=ratio,
        goal=f"<= {at_most:g}x",
        met=0 < ratio <= at_most,
        again=again,
    )


def below(id_: str, what: str, *, ours: float, limit: float) -> Row:
    """A row whose goal is a number and no peer: to stay below it."""
    return _row(
        id_, what, ours, peer=limit, ratio=ours / limit, goal=f"< {limit:g}", met=ours < limit, again=None
    )


def _row(
    id_: str,
    what: str,
    ours: float,
    *,
    peer: float,
    ratio: float,
    goal: str,
    met: bool,
    again: Callable[[], object] | None,
) -> Row:
    row: Row = {
        "id": id_,
        "what": what,
        "ours": _short(ours),
        "peer": _short(peer),
        "ratio": _short(ratio),
        "goal": goal,
        "met": bool(met),
    }
    if not met and again is not None:
        row["why"] = profile(again)
    return row


def _short(number: float) -> float:
    """Four digits that matter.

    >>> _short(1234.567), _short(0.0123456)
    (1234.6, 0.01235)
    """
    return round(number, 1) if number >= 1000 else float(f"{number:.4g}")


def profile(call: Callable[[], object]) -> list[str]:
    """Where the time of a call goes: "seconds calls file:line(function)", by the function's own time."""
    watch = cProfile.Profile()
    watch.enable()
    call()
    watch.disable()
    stats: Any = pstats.Stats(watch)
    found = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:_SHOWN]
    return [f"{own:.4f} s {calls} calls {_place(where)}" for where, (_, calls, own, _, _) in found]


def _place(where: tuple[str, int, str]) -> str:
    file, line, function = where
    return f"{'/'.join(Path(file).parts[-2:])}:{line}({function})" if line else function


def peak_kilobytes() -> tuple[int, int]:
    """(the most memory this process has held, what it holds now).

    Of this program alone and not of the one that started it.
    """
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]), int(fields["VmRSS"].split()[0])
