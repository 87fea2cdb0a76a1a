"""P6: bytes both ways of a first crawl against `git clone` of the same repository from the same server.

BENCH_MIRROR names a folder with real bare repositories (`*/repo` or `*.git`); made-up histories are measured
everywhere.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.git_server import ENVIRONMENT, Served, history, served
from benchmarks.measuring import FAST, Row, better
from crawlers.git.repository import read_files
from crawlers.net.http import Http, Policy
from crawlers.source import Crawled


def run(commits: tuple[int, ...] = (60, 120, 200) if FAST else (200, 500, 1_000)) -> list[Row]:
    """One row for the made-up histories, one for the real ones if there are any."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, count in enumerate(commits):
            history(root, f"made/up{number}", commits=count, seed=number)
        real = _linked(root)
        with served(root) as server:
            rows.append(
                _row(
                    server,
                    [f"made/up{number}" for number in range(len(commits))],
                    f"{len(commits)} made-up histories",
                )
            )
            if real:
                rows.append(_row(server, real, f"{len(real)} real repositories"))
    return rows


def _linked(root: Path) -> list[str]:
    """The real repositories, linked below `root` so that the server finds them."""
    mirror = Path(os.environ.get("BENCH_MIRROR") or "/nonexistent")
    found = [*mirror.glob("*/repo"), *mirror.glob("*.git")] if mirror.is_dir() else []
    (root / "real").mkdir()
    for path in found:
        (root / "real" / f"{_name(path)}.git").symlink_to(path.resolve())
    return sorted(f"real/{_name(path)}" for path in found)


def _name(path: Path) -> str:
    return (path.parent.name if path.name == "repo" else path.stem).replace("+", "-")


def _row(server: Served, names: list[str], what: str) -> Row:
    """Medians of the bytes of each side and of the ratios, which is what the goal is about."""
    measured = [(_ours(server, name), _clone(server, name)) for name in names]
    pairs = [pair for pair in measured if all(pair)]
    if not pairs:
        raise RuntimeError(f"none of {', '.join(names)} could be read by both sides")
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    left_out = (
        f" ({len(names) - len(pairs)} left out, since its clone fails)" if len(pairs) < len(names) else ""
    )
    return better(
        "P6",
        f"bytes of a first crawl, {what}{left_out}, medians: git clone",
        ours=ours,
        peer=peer,
        ratio=ratio,
        at_least=100,
    )


def _ours(server: Served, name: str) -> int:
    server.passed()
    http = Http(Policy(requests_per_second=0, retries=0, allowed_private_hosts=(server.authority,)))
    events = list(read_files(f"{server.url}/{name}", http, known=""))
    http.close()
    return server.passed()[name][1] if isinstance(events[-1], Crawled) else 0


def _clone(server: Served, name: str) -> int:
    """0 where the clone fails: some copies lack a large blob."""
    server.passed()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["git", "clone", "--quiet", "--bare", f"{server.url}/{name}.git", f"{folder}/clone"],
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
        )
    return server.passed()[name][1] if done.returncode == 0 else 0


if __name__ == "__main__":
    for row in run():
        print(row)
