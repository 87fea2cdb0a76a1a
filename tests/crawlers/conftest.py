"""What the crawlers' tests share: the servers, and a way out that waits for nobody."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawlers.net.http import Http, Policy
from tests.support.git_repositories import FILES
from tests.support.servers import git_http, misbehaving
from tests.support.servers.git_http import create
from tests.support.servers.git_http import git as run_git


class Clock:
    """Time that passes when somebody waits. Counts seconds from the epoch."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        assert seconds >= 0
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def misbehaving_server() -> Iterator[misbehaving.MisbehavingServer]:
    with misbehaving.serve() as server:
        yield server


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repositories")


@pytest.fixture(scope="module")
def git_server(repositories: Path) -> Iterator[git_http.GitServer]:
    with git_http.serve(repositories) as server:
        yield server


@pytest.fixture
def make_http(clock: Clock) -> Iterator[Callable[..., Http]]:
    """`make_http(server, ...)`: a way out to that loopback server, on the test's clock and without pacing."""
    opened: list[Http] = []

    def make(*servers: Any, lookup: Any = None, **policy: Any) -> Http:
        allowed = tuple(server if isinstance(server, str) else server.authority for server in servers)
        policy = {"requests_per_second": 0, "retries": 0, "allowed_private_hosts": allowed, **policy}
        options = {"lookup": lookup} if lookup else {}
        opened.append(Http(Policy(**policy), clock=clock, wait=clock.wait, random=lambda: 0.5, **options))
        return opened[-1]

    yield make
    for http in opened:
        http.close()


_connections: list[Any] = []
sys.addaudithook(
    lambda event, arguments: _connections.append(arguments[1]) if event == "socket.connect" else None
)


@pytest.fixture
def connections() -> list[Any]:
    """Every address that this process has tried to connect to since the test began, whoever did it."""
    _connections.clear()
    return _connections


@pytest.fixture(scope="module")
def commit(repositories: Path) -> str:
    """A repository with a history, of which only the last commit may matter."""
    chance = random.Random(1)
    for number in range(5):
        create(repositories, "town/app", {f"old{number}": chance.randbytes(100_000), "README.md": b"old"})
    last = create(repositories, "town/app", FILES)
    for number in range(200):
        run_git(f"--git-dir={repositories}/town/app.git", "update-ref", f"refs/tags/v{number}", last)
    return last


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, empty."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place
