"""P7: asking whether a repository has changed, when it has not, against `git ls-remote URL HEAD`.

Requests, bytes and CPU.

The server is a process of its own. Ours is the CPU of this process, whose connection is kept as in a crawl of
many; the peer's that of the program and what it starts, which is how a crawler that calls git pays for it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.git_server import ENVIRONMENT, Served, history, served
from benchmarks.measuring import Row, below, better, profile
from crawlers.git.repository import read_files
from crawlers.net.http import Http, Policy
from crawlers.source import Unchanged
from tests.support.servers import git_http

_CALLS = 15


def run(tags: int = 200) -> list[Row]:
    """A repository with so many tags, all of which ls-remote is told."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        commit = history(root, "town/app", commits=20, seed=1)
        for number in range(tags):
            git_http.git(f"--git-dir={root}/town/app.git", "update-ref", f"refs/tags/v{number}", commit)
        with served(root) as server:
            return _rows(server, commit)


def _rows(server: Served, commit: str) -> list[Row]:
    http = Http(Policy(requests_per_second=0, retries=0, allowed_private_hosts=(server.authority,)))
    url = f"{server.url}/town/app"

    def ask() -> None:
        (event,) = read_files(url, http, known=commit)
        assert isinstance(event, Unchanged)

    ask()
    server.passed()
    ask()
    requests, passed = server.passed()["town/app"]
    ours, peer = [], []
    for _ in range(_CALLS):
        begun = time.process_time()
        ask()
        ours.append(time.process_time() - begun)
        peer.append(_ls_remote(url))
    rows = [
        better(
            "P7",
            "CPU ms of asking for an unchanged repository: git ls-remote",
            ours=statistics.median(ours) * 1000,
            peer=statistics.median(peer) * 1000,
            at_least=3,
            again=ask,
        ),
        below(
            "P7", "bytes both ways of asking, headers included (no peer: the limit)", ours=passed, limit=1000
        ),
        below("P7", "requests of asking (no peer: the limit)", ours=requests, limit=2),
    ]
    if not rows[1]["met"]:
        rows[1]["why"] = profile(ask)
    http.close()
    return rows


def _ls_remote(url: str) -> float:
    """Seconds of CPU of the program and its children."""
    child = subprocess.Popen(
        ["git", "ls-remote", f"{url}.git", "HEAD"], env=ENVIRONMENT, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for row in run():
        print(row)
