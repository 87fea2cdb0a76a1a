"""A catalogue whose crawls are scripted.

Real database, real conductor, real readers; only what the crawlers bring is written by the test.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from catalog.base import clock, ids
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.states import PUBLISHED
from catalog.base.tables import (
    AliasRow,
    ChangeRow,
    InvolvedRow,
    PublisherRow,
    RecordRow,
    RepositoryRow,
    SolutionRow,
    SourceRow,
)
from catalog.changes import log
from catalog.entries import identity, publishing, store
from catalog.harvesting import listings
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.runs import Summary
from crawlers.faults import CrawlError
from crawlers.registry import CRAWLERS
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Task, Unchanged
from sandbox import Sandbox
from vocabularies.formats import lookup
from vocabularies.rdf import graph_writer, personal_data

HOST = "https://code.example.org"


def publiccode(name: str, *, url: str = "", licence: str = "EUPL-1.2", **keys: Any) -> bytes:
    """A short publiccode.yml (JSON is YAML)."""
    data = {
        "publiccodeYmlVersion": "0.4",
        "name": name,
        "url": url or f"{HOST}/town/{ids.slugify(name)}",
        "softwareType": "standalone/web",
        "developmentStatus": "stable",
        "platforms": ["web"],
        "categories": ["help-desk"],
        "description": {
            "de": {
                "shortDescription": f"{name} hilft.",
                "longDescription": f"{name} hilft allen.",
                "features": ["Melden"],
            }
        },
        "legal": {"license": licence} if licence else {},
        "maintenance": {"type": "none"},
        "localisation": {"localisationReady": False, "availableLanguages": ["de"]},
        **keys,
    }
    return json.dumps(data, ensure_ascii=False).encode()


@dataclass
class Repository:
    """What a crawl finds at one address. `id` is the forge's number, `facts` what its API says besides."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    id: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    commit: str = ""
    aliases: tuple[str, ...] = ()
    error: CrawlError | None = None
    unchanged: bool = False
    partial: bool = False
    empty: bool = False

    def task(self) -> Task:
        """As a listing shows it."""
        return Task(url=self.url, read=lambda http: self.events())

    def events(self) -> Iterator[Event]:
        if self.error:
            yield Failed(repository=self.url, error=self.error)
            return
        now, aliases = datetime.now(UTC), self.aliases
        commit = (
            self.commit or hashlib.sha1(repr((self.url, sorted(self.files.items()))).encode()).hexdigest()
        )
        if self.id:
            aliases = (f"{self.url.split('/')[2]}#{self.id}", *aliases)
            owner, name = self.url.split("/")[-2:]
            said = {
                "id": self.id,
                "name": name,
                "full_name": f"{owner}/{name}",
                "html_url": self.url,
                "owner": {"login": owner},
                **self.facts,
            }
            yield SourceRecord(
                uri=f"{self.url}#api",
                format="gitea",
                content=json.dumps(said).encode(),
                repository=self.url,
                fetched=now,
            )
        if self.unchanged:
            yield Unchanged(repository=self.url, marker=f"- {commit} {self.id or '-'}", aliases=aliases)
            return
        for name, content in self.files.items() if not (self.partial or self.empty) else ():
            form = lookup.of_file(name)
            assert form
            yield SourceRecord(
                uri=f"{self.url}/src/{commit}/{name}",
                format=form.name,
                content=content,
                repository=self.url,
                fetched=now,
                path=name,
                commit=commit,
            )
        yield Crawled(
            repository=self.url,
            marker=f"- {commit} {self.id or '-'}",
            aliases=aliases,
            empty=self.empty,
            partial=self.partial,
        )


class NoHttp:
    """A way out that nobody takes: what a run counts of it is nothing."""

    requests = bytes = 0

    def metered(self) -> NoHttp:
        return self

    def end_pauses(self) -> None:
        """Nobody waits."""


class ScriptedCatalogue:
    """One catalogue with one source; `show` is what the next crawl of it brings."""

    def __init__(
        self, database: Database, settings: Settings, sandbox: Sandbox, *, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.database, self.settings, self.sandbox, self._patch = database, settings, sandbox, monkeypatch
        self.breaks: CrawlError | None = None
        self.missing: dict[str, CrawlError] = {}
        self._shown: dict[str, list[Repository]] = {}
        monkeypatch.setitem(CRAWLERS, "scripted", self._crawl)
        monkeypatch.setattr(listings, "shallow", SimpleNamespace(head=self._head))
        self.source = self.add_source("scripted:one")

    def add_source(self, url: str, *, state: str = "active", project: str = "") -> int:
        with self.database.write() as session:
            now = clock.now()
            row = SourceRow(kind="scripted", url=url, state=state, project=project, added=now, due=now)
            session.add(row)
            session.flush()
            return row.id

    def _crawl(self, source: Source, _http: object) -> Iterator[Task]:
        for repository in self._shown.get(source.url, []):
            yield repository.task()
        if self.breaks:
            raise self.breaks

    def _head(self, url: str, _http: object) -> None:
        if url in self.missing:
            raise self.missing[url]

    def conductor(self) -> Harvest:
        return Harvest(self.database, self.settings, cast(Any, NoHttp()), sandbox=self.sandbox)

    def crawl(self, *shown: Repository, source: int = 0) -> Summary:
        number = source or self.source
        with self.database.read() as session:
            row = session.get(SourceRow, number)
            assert row is not None
            self._shown[row.url] = list(shown)
        return self.conductor().run(number)

    def at(self, moment: str) -> None:
        """The clock says so from now on."""
        self._patch.setattr(clock, "now", lambda: moment)

    # --- what there is ----------------------------------------------------------------------------------

    def solutions(self, *states: str) -> list[SolutionRow]:
        with self.database.read() as session:
            rows = session.scalars(select(SolutionRow).order_by(SolutionRow.id)).all()
        return [row for row in rows if not states or row.state in states]

    def states(self) -> dict[str, str]:
        """Repository -> state."""
        return {row.repository: row.state for row in self.solutions()}

    def entry(self, url: str) -> SolutionRow:
        """The entry that an address belongs to."""
        with self.database.read() as session:
            row = session.get(SolutionRow, identity.owners(session, [url])[0])
        assert row is not None
        return row

    def in_feed(self, url: str) -> bool:
        """Whether the feed for portals carries the entry of an address."""
        with self.database.read() as session:
            newest = log.newest(session, ids.solution(self.settings.base_url, self.entry(url)))
        return newest is not None and newest.in_feed

    def payload(self, url: str) -> bytes:
        """What the log says of the entry of an address."""
        with self.database.read() as session:
            newest = log.newest(session, ids.solution(self.settings.base_url, self.entry(url)))
        assert newest is not None
        assert newest.payload is not None
        return newest.payload

    def name(self, url: str) -> str:
        return self.entry(url).name

    def aliases(self, solution: str) -> set[str]:
        with self.database.read() as session:
            return set(session.scalars(select(AliasRow.alias).where(AliasRow.solution == solution)))

    def repository(self, url: str) -> RepositoryRow | None:
        with self.database.read() as session:
            return session.get(RepositoryRow, url)

    def records(self, url: str) -> list[RecordRow]:
        with self.database.read() as session:
            return list(
                session.scalars(select(RecordRow).where(RecordRow.repository == url).order_by(RecordRow.id))
            )

    def events(self) -> list[str]:
        """The log: "Create ULID"."""
        with self.database.read() as session:
            rows = session.scalars(select(ChangeRow).order_by(ChangeRow.published)).all()
        return [f"{row.event} {row.subject.rsplit('/', 1)[1]}" for row in rows]

    def head(self) -> int:
        with self.database.read() as session:
            return log.head(session).seq

    def check(self) -> None:
        """What must hold whatever happened."""
        with self.database.read() as session:
            check_log(self.settings, session)


def check_log(settings: Settings, session: Any) -> None:
    """Gapless, in order of time, and its newest payload is what the row says."""
    head = log.head(session)
    rows = session.scalars(
        select(ChangeRow).where(ChangeRow.epoch == head.epoch).order_by(ChangeRow.seq)
    ).all()
    assert [row.seq for row in rows] == list(range(1, head.seq + 1))
    moments = [row.published for row in rows]
    assert moments == sorted(set(moments))
    assert not rows or moments[-1] == head.published
    last = {row.subject: row.event for row in rows}
    for row in session.scalars(select(SolutionRow)):
        iri = ids.solution(settings.base_url, row)
        newest = log.newest(session, iri)
        if row.state == "listed":
            about = publishing.context(row, settings)
            solution = store.solution_of(row)
            assert newest is not None
            assert newest.payload == graph_writer.payload(personal_data.published(solution, about), about)
            assert newest.digest == row.digest
        else:
            assert last.get(iri, "Delete") == "Delete"
            assert newest is None or not newest.in_feed
    check_publishers(session)


def check_publishers(session: Any) -> None:
    """The two tables that are made from the entries say what the entries say."""
    counts: Counter[tuple[str, str]] = Counter()
    involved: set[tuple[str, str, str]] = set()
    for row in session.scalars(select(SolutionRow)):
        solution = store.solution_of(row)
        if row.state in PUBLISHED and row.publisher:
            counts[row.publisher, row.state] += 1
        for attribution in solution.attributions:
            for name in attribution.agent.name.values():
                involved.add((ids.slugify(name, ""), attribution.role, row.id))
    for publisher in session.scalars(select(PublisherRow)):
        expected = (counts.pop((publisher.slug, "listed"), 0), counts.pop((publisher.slug, "draft"), 0))
        assert (publisher.listed, publisher.drafts) == expected
        assert any(expected)
        assert publisher.name
    assert not counts
    rows = session.scalars(select(InvolvedRow)).all()
    assert {(row.slug, row.role, row.solution) for row in rows} == {one for one in involved if one[0]}
