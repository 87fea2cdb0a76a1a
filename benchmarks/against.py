"""`python -m benchmarks.against FOLDER MODULE ...`: this tree and another one, in turn in one run.

Each benchmark runs in a process of its own, five times on each side in turn: a busy hour falls on both sides.
A row is compared by its median, and named if it is a tenth worse. FAST=1 takes small sizes, as elsewhere;
`search=1000` gives a module the size to run with.

    git worktree add ../old b92c79d
    FAST=1 python -m benchmarks.against ../old answers feed growth unchanged upsert search=1000
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measuring import Row

ROUNDS = 5
TOLERATED = 1.1  # times as bad
_HERE = Path(__file__).resolve().parents[1]
_ASK = """
import importlib, sys, msgspec
name, _, size = sys.argv[1].partition("=")
rows = importlib.import_module(f"benchmarks.{name}").run(*([int(size)] if size else []))
sys.stdout.buffer.write(b"\\n" + msgspec.json.encode(rows))
"""

# (module, what without its numbers, which tell how large the made-up data are) -> the rows of one side
Measured = dict[tuple[str, str], list[Row]]


def main(other: Path, modules: list[str], *, rounds: int = ROUNDS) -> int:
    """Print a line for each row that both sides have; 1 if one is more than a tenth worse here."""
    sides: dict[Path, Measured] = {other: defaultdict(list), _HERE: defaultdict(list)}
    for module in modules:
        for _ in range(rounds):
            for folder, measured in sides.items():
                for row in _run(folder, module):
                    measured[module, re.sub(r"\d+", "#", row["what"])].append(row)
    old, new = sides.values()
    worst = 0.0
    print(f"{'there':>12} {'here':>12} {'times as bad':>13}")
    for key in old:
        if key not in new:
            print(f"{'':39} not here: {key[1]}")
            continue
        before, now = _median(old[key]), _median(new[key])
        times = before / now if _more_is_better(old[key][0]) else now / before
        worst = max(worst, times)
        print(
            f"{before:12.4g} {now:12.4g} {times:13.3f} {'WORSE ' if times > TOLERATED else '      '}{key[1]}"
        )
    return int(worst > TOLERATED)


def _run(folder: Path, module: str) -> list[Row]:
    answer = subprocess.run(
        [sys.executable, "-c", _ASK, module],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
        stdout=subprocess.PIPE,
    )
    rows: list[dict[str, Any]] = msgspec.json.decode(answer.stdout.rpartition(b"\n")[2])
    return rows


def _median(rows: list[Row]) -> float:
    return statistics.median(float(row["ours"]) for row in rows)


def _more_is_better(row: Row) -> bool:
    """Rates are: then the ratio to the peer is ours by the peer's, not the other way round."""
    ours, peer, ratio = (float(row[name]) for name in ("ours", "peer", "ratio"))
    upwards = bool(row["goal"].startswith(">="))
    return upwards and abs(ours / peer - ratio) < abs(peer / ours - ratio)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
