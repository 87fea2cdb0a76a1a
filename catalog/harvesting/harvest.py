"""The conductor: crawl a source, read what comes, put it, publish it. One repository is one transaction; a crash costs a replay, never data."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.errors import AllmendeError, SourceNotFound
from catalog.base.sandboxed import read
from catalog.base.settings import Settings
from catalog.base.states import Outcome, SourceState
from catalog.base.tables import RecordRow, RunRow, SourceRow
from catalog.entries import identity, publishing, store, takeover
from catalog.harvesting import reachability
from crawlers.faults import CrawlError, Fault
from crawlers.git import shallow
from crawlers.net.http import Http
from crawlers.registry import CRAWLERS
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged
from sandbox import Sandbox
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

Closing = Crawled | Unchanged | Failed
LONGEST_PATH, LONGEST_URI = 300, 1_000  # of a document that is kept; nobody names a metadata file so
_LOG = logging.getLogger("allmende.harvest")


@dataclass
class Summary:
    """What a run came to. `failed` repositories could not be read; `error` is (code, values) if the source as a whole could not."""

    found: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: int = 0
    failed: int = 0
    problems: int = 0
    requests: int = 0
    bytes: int = 0
    solutions: list[str] = field(default_factory=list)
    failures: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    error: tuple[str, dict[str, str]] | None = None

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


@dataclass
class Harvest:
    """What every run needs. `progress` is told after each repository."""

    database: Database
    settings: Settings
    http: Http
    sandbox: Sandbox
    progress: Callable[[Summary], None] = lambda summary: None
    stop: Callable[[], bool] = lambda: False

    def run(self, source: int) -> Summary:
        """Crawl a source now and say what came of it. Raises SourceNotFound; every other fault is in the Summary."""
        started, before = clock.now(), (self.http.requests, self.http.bytes)
        with self.database.write() as session:
            row = session.get(SourceRow, source)
            if row is None:
                raise SourceNotFound
            options = msgspec.json.decode(row.options, type=dict[str, str])
            asked = Source(kind=row.kind, url=row.url, options=options, known=reachability.known(session))
            accepted, run = row.state != SourceState.PENDING, RunRow(source=source, started=started)
            session.add(run)
            session.flush()
            number = run.id
        summary, met, whole = Summary(), set[str](), False
        try:
            for records, closing in _repositories(CRAWLERS[asked.kind](asked, self.http)):
                met.add(closing.repository)
                self._guarded(source, number, records, closing, summary, accepted=accepted)
                self.progress(summary)
                if self.stop():
                    break
            else:
                self._missing(source, number, met, summary)
                whole = True
        except CrawlError as error:
            summary.error = (error.code, error.values)
        summary.requests, summary.bytes = self.http.requests - before[0], self.http.bytes - before[1]
        self._end(source, number, summary, whole=whole)
        return summary

    def _guarded(
        self,
        source: int,
        run: int,
        records: list[SourceRecord],
        closing: Closing,
        summary: Summary,
        *,
        accepted: bool,
    ) -> None:
        """One repository; a fault of ours in it costs this repository, never the run. Without database or disk nothing goes on."""
        try:
            self._repository(source, run, records, closing, summary, accepted=accepted)
        except (AllmendeError, OperationalError):
            raise
        except Exception:
            _LOG.exception("%s could not be kept", closing.repository)
            self._failed(
                source,
                run,
                Failed(repository=closing.repository, error=fault("internal", closing.repository)),
                summary,
            )

    def _missing(self, source: int, run: int, met: set[str], summary: Summary) -> None:
        """What the source no longer shows is asked for by itself: absence says nothing, "not found" does."""
        with self.database.read() as session:
            urls = reachability.absent(session, source, met)
        for url in urls:
            try:
                shallow.head(url, self.http)
            except CrawlError as error:
                self._failed(source, run, Failed(repository=url, error=error), summary)
            if self.stop():
                return

    def _failed(self, source: int, run: int, closing: Failed, summary: Summary) -> None:
        summary.failed += 1
        summary.failures.append((closing.repository, closing.error.code, closing.error.values))
        with self.database.write() as session:
            reachability.failed(session, source, run, closing)

    def _repository(
        self,
        source: int,
        run: int,
        records: list[SourceRecord],
        closing: Closing,
        summary: Summary,
        *,
        accepted: bool,
    ) -> None:
        summary.found += 1
        if not isinstance(closing, Failed):
            with self.database.read() as session:
                if identity.usurped(session, closing.repository, closing.aliases):
                    closing = Failed(
                        repository=closing.repository,
                        error=takeover.fault(closing.repository, closing.aliases),
                    )
                elif stray := identity.led_astray(session, closing.repository, closing.aliases):
                    closing = Failed(
                        repository=stray,
                        error=CrawlError("redirects-elsewhere", url=stray, there=closing.repository),
                    )
        if isinstance(closing, Failed):
            self._failed(source, run, closing, summary)
            return
        records = [
            record
            for record in records
            if len(record.path) <= LONGEST_PATH and len(record.uri) <= LONGEST_URI
        ]
        readings = self._readings(closing.repository, records)
        with self.database.write() as session:
            outcome = self._keep(session, source, records, readings, closing, accepted=accepted)
        summary.problems += sum(not item.valid for item in readings.values())
        if outcome is None:
            summary.ignored += 1
        else:
            summary.solutions.append(outcome.id)
            setattr(summary, outcome.outcome, getattr(summary, outcome.outcome) + 1)

    def _readings(self, repository: str, records: list[SourceRecord]) -> dict[int, Reading]:
        """Position -> reading, for the documents that differ from what is stored or were read by other tables."""
        version = reading.version()
        with self.database.read() as session:
            query = select(RecordRow.format, RecordRow.path, RecordRow.digest, RecordRow.reader).where(
                RecordRow.repository == repository
            )
            kept = {(row.format, row.path): (row.digest, row.reader) for row in session.execute(query)}
        return {
            position: read(self.sandbox, record.format, record.content)
            for position, record in enumerate(records)
            if kept.get((record.format, record.path)) != (hashlib.sha256(record.content).hexdigest(), version)
        }

    def _keep(
        self,
        session: Session,
        source: int,
        records: list[SourceRecord],
        readings: dict[int, Reading],
        closing: Crawled | Unchanged,
        *,
        accepted: bool,
    ) -> publishing.Published | None:
        """Records, repository and solution of one repository. None if the repository makes no entry."""
        repository = closing.repository
        if not store.known(session, repository, closing.aliases) and not reachability.makes_entry(
            repository, closing, readings
        ):
            reachability.seen(session, source, closing, solution="")
            return None
        name = next(
            (portal_name for reading in readings.values() if (portal_name := store.name_of(reading))), ""
        )
        solution = store.solution_for(
            session, repository, closing.aliases, settings=self.settings, name=name, accepted=accepted
        )
        identity.moved(session, solution, repository, closing.aliases)
        if accepted:
            store.accept(session, solution)
        version = reading.version()
        fresh = [
            store.Incoming(
                repository,
                record.format,
                record.path,
                record.uri,
                record.commit,
                record.content,
                record.fetched,
                readings[position],
                version,
            )
            for position, record in enumerate(records)
            if position in readings
        ]
        store.put(session, solution, fresh)
        if isinstance(closing, Crawled) and not closing.partial:
            store.forget_missing(session, repository, reachability.kept(records))
        reachability.seen(session, source, closing, solution=solution)
        published = publishing.publish(session, solution, settings=self.settings)
        if published.outcome != Outcome.UNCHANGED:
            for other in publishing.dependants(session, solution):
                publishing.publish(session, other, settings=self.settings)
        return published

    def _end(self, source: int, run: int, summary: Summary, *, whole: bool) -> None:
        """`whole` is False for a run that was stopped or broke off; what was stopped goes on with the next worker."""
        now, error = clock.now(), ""
        if summary.error:
            error = _said(*summary.error)
        with self.database.write() as session:
            session.execute(
                update(RunRow)
                .where(RunRow.id == run)
                .values(ended=now, counts=msgspec.json.encode(summary.counts()).decode(), error=error)
            )
            row = session.get(SourceRow, source)
            if row is not None:
                nothing = (
                    not error and 0 < summary.found == summary.failed
                )  # a source is as well as what it shows
                said = _said(*summary.failures[0][1:]) if nothing else error
                row.error, row.leased_until = said, ""
                row.failing_since = (row.failing_since or now) if said else ""
                row.succeeded = now if whole and not said else row.succeeded
                hours = self.settings.crawl_hours
                row.due = clock.later(now, hours=hours if whole else min(hours, 1)) if whole or error else now


def fault(code: str, repository: str) -> CrawlError:
    """What is said of a repository that answered, but of which nothing was kept."""
    return CrawlError(code, url=repository)


def _said(code: str, values: dict[str, str]) -> str:
    """A CrawlError as it is kept."""
    return Fault(code, values).text()


def _repositories(events: Iterator[Event]) -> Iterator[tuple[list[SourceRecord], Closing]]:
    """The events grouped by repository: its records and the event that closes it."""
    records: list[SourceRecord] = []
    for event in events:
        if isinstance(event, SourceRecord):
            records.append(event)
        else:
            yield records, event
            records = []
