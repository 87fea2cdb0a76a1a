"""A parent of crawling processes for the kill test.

Imports once, then forks a child for every line it is told.

Run as `python -m tests.support.crawl_processes DATABASE_URL DATA_DIR ENGINE`. For each line "SECONDS VERSION"
it forks a child that crawls invented repositories without end, beginning with that version of their files,
follows its own log, and says "ack ULID VERSION" after each commit. The child is killed SECONDS after its
first word; then the parent says "dead".
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import vocabularies.formats.publiccode  # noqa: F401  (imported before the fork)
from catalog.base.settings import Settings, read
from catalog.changes.followers import Following
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.sources import all_of
from catalog.operations.services import Services
from catalog.search.follower import IndexFollower
from crawlers.registry import CRAWLERS
from crawlers.source import Task
from tests.support.scripted_catalogue import HOST, NoHttp, Repository, publiccode

REPOSITORIES = 3


def repository(number: int, version: int) -> Repository:
    """What lies there in that version; now and then nothing, so that entries come and go."""
    url = f"{HOST}/town/app{number}"
    there = (version + number) % 5 != 0
    files = (
        {"publiccode.yml": publiccode(f"App {number}", url=url, softwareVersion=str(version))}
        if there
        else {"README.md": b"# App\n"}
    )
    return Repository(url, files, id=100 + number)


def crawl(settings: Settings, first: int) -> None:
    services, versions = Services(settings), [first]

    def tasks(*_: object) -> Iterator[Task]:
        for number in range(REPOSITORIES):
            yield repository(number, versions[-1]).task()

    CRAWLERS["scripted"] = tasks
    conductor = Harvest(services.database, settings, cast(Any, NoHttp()), sandbox=services.sandbox)
    follower = IndexFollower(services.index, settings)
    following = Following(services.database, [follower], settings.data_dir, seconds=0.02)
    following.start()
    with services.database.read() as session:
        source = all_of(session)[0].id

    def committed(summary: Any) -> None:
        os.write(1, f"ack {summary.solutions[-1]} {versions[-1]}\n".encode())
        following.wake()

    conductor.progress = committed
    while True:
        summary = conductor.run(source)
        assert not summary.failed, summary.failures
        versions.append(versions[-1] + 1)


def main() -> None:
    settings = read(
        {},
        base_url="https://allmende.example.org",
        database_url=sys.argv[1],
        data_dir=Path(sys.argv[2]),
        search=sys.argv[3],
        seed=False,
    )
    for line in sys.stdin:
        seconds, version = line.split()
        inward, outward = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(inward)
                os.dup2(outward, 1)
                crawl(settings, int(version))
            finally:
                os._exit(7)
        os.close(outward)
        with os.fdopen(inward, "rb") as said:
            first = said.readline()
            time.sleep(float(seconds))  # not to wait for anything: this is where it dies
            os.kill(child, signal.SIGKILL)
            rest = said.read()
        status = os.waitpid(child, 0)[1]
        sys.stdout.buffer.write(first + rest)
        print("dead" if os.WIFSIGNALED(status) else "ended by itself", flush=True)


if __name__ == "__main__":
    main()
