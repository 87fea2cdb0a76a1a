"""Real metadata files in Git repositories on three forges, and an Allmende that knows the way there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from catalog.base.settings import read
from catalog.base.tables import SolutionRow
from catalog.changes.followers import catch_up
from catalog.harvesting.harvest import Summary
from catalog.operations.services import Services, policy
from catalog.search.follower import IndexFollower
from crawlers.net.http import Http
from tests.support.servers import forges, git_http

HOSTS = {"github": "github.com", "gitlab": "gitlab.example.org", "gitea": "code.example.org"}
NAMES = {"publiccode": "publiccode.yml", "codemeta": "codemeta.json", "citation": "CITATION.cff"}


@dataclass
class Place:
    """One repository: where it is, and the file of the corpus that lies in it."""

    kind: str
    path: str
    format: str
    file: Path

    @property
    def url(self) -> str:
        path = self.path.lower() if self.kind == "github" else self.path
        return f"https://{HOSTS[self.kind]}/{path}"


@dataclass
class ThreeForges:
    """The forges, their Git, and what lies there."""

    root: Path
    model: forges.Model
    server: forges.ForgeServer
    git: git_http.GitServer
    places: list[Place] = field(default_factory=list)

    def add(self, kind: str, owner: str, name: str, *, files: dict[str, bytes], **facts: Any) -> str:
        """A repository in the forge and in Git; its address."""
        place = Place(kind, f"{owner}/{name}", "", file=Path())
        forge = next(one for one in self.model.forges if one.kind == kind)
        forge.repository(place.path, **facts)
        self.commit(place.url, files)
        return place.url

    def commit(self, url: str, files: dict[str, bytes], message: str = "a commit") -> str:
        """Another commit in a repository; the new commit's id."""
        host, _, path = url.removeprefix("https://").partition("/")
        return git_http.create(self.root / host, path, files, message=message)

    def services(self, folder: Path, **given: Any) -> Services:
        """A whole Allmende over these forges, without pauses."""
        settings = read(
            {},
            **{
                "base_url": "https://allmende.example.org",
                "data_dir": folder,
                "seed": False,
                "allowed_private_hosts": self.server.hosts(self.git),
                "fetch_from": self.server.fetch_from(self.git),
                **given,
            },
        )
        services = Services(settings)
        fast = {name: getattr(policy(settings), name) for name in policy(settings).__struct_fields__}
        services.http = Http(type(policy(settings))(**{**fast, "requests_per_second": 0, "retries": 0}))
        return services


@contextlib.contextmanager
def three_forges(root: Path) -> Iterator[ThreeForges]:
    """Three forges with nothing in them."""
    model = forges.Model()
    for kind, host in HOSTS.items():
        model.forge(kind, host)
    with git_http.serve(root) as git, forges.serve(model) as server:
        yield ThreeForges(root, model, server, git=git)


def files(corpus: Path) -> list[tuple[str, Path]]:
    """Every publiccode, codemeta and citation file of the corpus, with the format each is in."""
    found: list[tuple[str, Path]] = []
    for form in NAMES:
        found += [(form, file) for file in sorted((corpus / form).iterdir())]
    return found


def fill(setup: ThreeForges, files: list[tuple[str, Path]]) -> None:
    """Each of the files in a repository of its own, dealt out to the three forges."""
    kinds = list(HOSTS)
    for number, (form, file) in enumerate(files):
        kind = kinds[number % 3]
        place = Place(kind, f"town{number % 5}/repo{number:03}", form, file=file)
        readme = (
            b"# A repository\n\nWhat it is for is said in its metadata file, which lies beside this one.\n"
        )
        setup.add(
            kind,
            f"town{number % 5}",
            f"repo{number:03}",
            files={NAMES[form]: file.read_bytes(), "README.md": readme},
            licence="mit",
        )
        setup.places.append(place)


def crawl(services: Services, setup: ThreeForges) -> list[Summary]:
    """Crawl all owners of the forges; the index follows."""
    summaries = []
    for forge in setup.model.forges:
        for owner in sorted(forge.owners):
            number = services.source(f"https://{forge.host}/{owner}")
            summaries.append(services.harvest().run(number))
    catch_up(services.database, IndexFollower(services.index, services.settings))
    return summaries


def rows(services: Services, *states: str) -> dict[str, SolutionRow]:
    """The solutions in these states (all, if none is named) by repository."""
    with services.database.read() as session:
        query = (
            select(SolutionRow) if not states else select(SolutionRow).where(SolutionRow.state.in_(states))
        )
        return {row.repository: row for row in session.scalars(query)}
