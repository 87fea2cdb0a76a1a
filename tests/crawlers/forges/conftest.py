"""What the forges' tests share.

One forge of each kind, Git beside it, and a way out that waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalog.base.wanted_files import wanted_files
from crawlers.forges import events
from crawlers.net.http import Http, Policy
from crawlers.registry import crawl
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged
from tests.crawlers.conftest import Clock
from tests.support.servers import git_http
from tests.support.servers.forges import Forge, ForgeServer, Model, Repository, serve

HOSTS = {"github": "github.com", "gitlab": "gitlab.example.org", "gitea": "code.example.org"}
SCOPES = {"github": "organisation", "gitlab": "group", "gitea": "organisation"}
PUBLICCODE = b"publiccodeYmlVersion: '0.4'\nname: A thing\n"


def crawled(source: Source, http: Http) -> Iterator[Event]:
    """All that a source shows, read one after another."""
    for task in crawl(msgspec.structs.replace(source, files=wanted_files()), http):
        yield from task.read(http)


@dataclass
class ForgeSetup:
    """A forge, its Git server and the way to both."""

    kind: str
    model: Model
    forge: Forge
    server: ForgeServer
    git: git_http.GitServer
    root: Path
    clock: Clock
    opened: list[Http]

    def http(self, **policy: Any) -> Http:
        settings: dict[str, Any] = {
            "allowed_private_hosts": self.server.hosts(self.git),
            "fetch_from": self.server.fetch_from(self.git),
            "requests_per_second": 0,
            "retries": 0,
            **policy,
        }
        self.opened.append(
            Http(Policy(**settings), clock=self.clock, wait=self.clock.wait, random=lambda: 0.5)
        )
        return self.opened[-1]

    def url(self, path: str = "") -> str:
        """The address under which the catalogue knows a repository."""
        path = path.lower() if self.kind == "github" else path
        return f"https://{self.forge.host}/{path}"

    def repository(self, path: str, *, files: Mapping[str, bytes] | None = None, **facts: Any) -> Repository:
        """A repository in the model and in Git, there with `files`."""
        self.commit(path, files=files)
        return self.forge.repository(path, **facts)

    def commit(self, path: str, *, files: Mapping[str, bytes] | None = None) -> str:
        name = path.lower() if self.kind == "github" else path
        return git_http.create(self.root / self.forge.host, name, files or {"publiccode.yml": PUBLICCODE})

    def crawl(
        self,
        url: str = "",
        *,
        scope: str = "",
        known: Mapping[str, str] | None = None,
        http: Http | None = None,
    ) -> Iterator[Event]:
        """By default the owner `town`."""
        options = {"scope": scope or SCOPES[self.kind]}
        source = Source(kind=self.kind, url=url or self.url("town"), options=options, known=known or {})
        return crawled(source, http or self.http())

    @property
    def asked(self) -> list[str]:
        """The paths that the API was asked for."""
        return [path for _, path, _ in self.server.log]

    def forget(self) -> None:
        self.server.log.clear()
        self.git.forget()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["github", "gitlab", "gitea"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def setup(kind: str, tmp_path: Path, clock: Clock) -> Iterator[ForgeSetup]:
    model = Model()
    clock.now = model.now.timestamp()
    forge = model.forge(kind, HOSTS[kind])
    opened: list[Http] = []
    with serve(model) as server, git_http.serve(tmp_path) as git:
        yield ForgeSetup(
            kind, model, forge, server=server, git=git, root=tmp_path, clock=clock, opened=opened
        )
        for http in opened:
            http.close()


@pytest.fixture
def no_git(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every repository answers at once with the same commit.

    The list holds (address, known commit) of those asked.
    """
    asked: list[tuple[str, str]] = []

    def read_files(url: str, _http: Http, *, known: Mapping[str, str], **_how: Any) -> Iterator[Event]:
        asked.append((url, known[url]))
        if known[url] == "c" * 40:
            yield Unchanged(repository=url, marker=known[url])
        else:
            yield Crawled(repository=url, marker="c" * 40)

    monkeypatch.setattr(events, "read_files", read_files)
    return asked


def closing(events: list[Event]) -> dict[str, Crawled | Unchanged | Failed]:
    """The closing events by repository; every repository has exactly one, after its records."""
    found: dict[str, Crawled | Unchanged | Failed] = {}
    for event in events:
        if not isinstance(event, SourceRecord):
            assert event.repository not in found
            found[event.repository] = event
    return found


def markers(events: list[Event]) -> dict[str, str]:
    """What the harvest remembers of a crawl."""
    return {event.repository: event.marker for event in events if isinstance(event, Crawled | Unchanged)}


Until = Callable[[Iterator[Event]], tuple[list[Event], Exception | None]]


def until(events: Iterator[Event]) -> tuple[list[Event], Exception | None]:
    """What came, and the error that ended it."""
    came: list[Event] = []
    try:
        for event in events:
            came.append(event)
    except Exception as error:
        return came, error
    return came, None
