"""`python -m benchmarks [ID ...]` runs the benchmarks.

Prints a table, and keeps the rows in benchmarks/latest.json (those of the others stay).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import answers, feed, first_crawl, growth, search, unchanged, upsert
from benchmarks.measuring import FAST, Row

LATEST = Path(__file__).parent / "latest.json"


def _search() -> list[Row]:
    return search.run(1_000) if FAST else [*search.run(10_000), *search.run(100_000)]


BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "P1": _search,
    "P3": feed.run,
    "P6": first_crawl.run,
    "P7": unchanged.run,
    "P8": upsert.run,
    "P9": answers.run,
    "P11": growth.run,
}


def main(asked: list[str]) -> int:
    """0 even where a goal is missed, since the table says so; 2 if there is no such benchmark."""
    unknown = [name for name in asked if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    rows: list[Row] = []
    for name in asked or BENCHMARKS:
        begun = time.perf_counter()
        rows += (found := BENCHMARKS[name]())
        print(f"{name} took {time.perf_counter() - begun:.0f} s", flush=True)
        if not FAST:
            keep(found)
    print("\n" + table(rows))
    return 0


def keep(rows: list[Row], file: Path = LATEST) -> None:
    """Put the rows in the place of older ones with the same id."""
    old: list[dict[str, Any]] = msgspec.json.decode(file.read_bytes()) if file.exists() else []
    fresh = {row["id"] for row in rows}
    together = sorted(
        [*(row for row in old if row["id"] not in fresh), *rows], key=lambda row: int(row["id"][1:])
    )
    file.write_bytes(msgspec.json.format(msgspec.json.encode(together), indent=1) + b"\n")


def table(rows: list[Row]) -> str:
    """The rows for people; below a goal that was missed stands where its time went."""
    lines = [f"{'':4} {'ours':>10} {'peer':>10} {'ratio':>9} {'goal':>9}  "]
    for row in rows:
        mark = "met   " if row["met"] else "MISSED"
        numbers = f"{row['ours']:>10} {row['peer']:>10} {row['ratio']:>9} {row['goal']:>9}"
        lines.append(f"{row['id']:4} {numbers}  {mark}  {row['what']}")
        lines += [f"        {line}" for line in row.get("why", ())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
