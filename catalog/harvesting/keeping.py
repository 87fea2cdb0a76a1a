"""What is kept of one repository: its documents and their readings, its entry, or why there is nothing.

One transaction.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from catalog.base.database import Database
from catalog.base.errors import AllmendeError
from catalog.base.sandboxed import read
from catalog.base.settings import Settings
from catalog.base.states import Outcome
from catalog.base.tables import RecordRow
from catalog.changes import log
from catalog.entries import identity, minting, publishing, store, takeover
from catalog.harvesting import reachability
from catalog.harvesting.runs import Run
from crawlers.faults import CrawlError, Interrupted
from crawlers.source import Crawled, Failed, SourceRecord, Unchanged
from sandbox import Sandbox, SandboxError
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

LONGEST_PATH, LONGEST_URI = 300, 1_000  # of a document that is kept; nobody names a metadata file so
_LOG = logging.getLogger("allmende.harvest")


@dataclass
class Keeper:
    """Keeps what runs bring."""

    database: Database
    settings: Settings
    sandbox: Sandbox

    def keep(self, run: Run, records: list[SourceRecord], closing: Crawled | Unchanged | Failed) -> None:
        """Keep one repository; a fault of ours in it costs this repository, never the run.

        Without database or disk nothing goes on: AllmendeError and OperationalError leave this function. So
        does Interrupted, when the sandbox was closed.
        """
        if not run.checking:
            with run.lock:
                run.summary.found += 1
        try:
            if isinstance(closing, Failed):
                self._failed(run, closing)
            else:
                self._read(run, records, closing)
        except (AllmendeError, OperationalError):
            raise
        except SandboxError as closed:
            raise Interrupted("ended") from closed
        except Exception:
            _LOG.exception("%s could not be kept", closing.repository)
            error = CrawlError("internal", url=closing.repository)
            self._failed(run, Failed(repository=closing.repository, error=error))

    def _failed(self, run: Run, closing: Failed) -> None:
        with self.database.write() as session:
            reachability.failed(session, run.source, closing, run=run.number)
        with run.lock:
            run.summary.failed += 1
            run.summary.failures.append((closing.repository, closing.error.fault))

    def _read(self, run: Run, records: list[SourceRecord], closing: Crawled | Unchanged) -> None:
        records = [record for record in records if _fits(record)]
        readings = self._readings(closing.repository, records)
        published: publishing.Published | None = None
        with self.database.write() as session:
            # Whoever writes comes one after the other, so that what is asked now still holds below.
            log.lock(session)
            refused = _refused(session, closing)
            if refused is None:
                published = self._kept(session, run, records, readings=readings, closing=closing)
        if refused is not None:
            self._failed(run, refused)
            return
        with run.lock:
            run.summary.problems += sum(not item.valid for item in readings.values())
            if published is None:
                run.summary.ignored += 1
            else:
                run.summary.solutions.append(published.id)
                run.summary.count(published.outcome)

    def _readings(self, repository: str, records: list[SourceRecord]) -> dict[int, Reading]:
        """Position -> reading, of documents that differ from what is stored or were read by other tables."""
        version = reading.version()
        with self.database.read() as session:
            columns = (RecordRow.format, RecordRow.path, RecordRow.digest, RecordRow.reader)
            rows = session.execute(select(*columns).where(RecordRow.repository == repository))
            stored = {(row.format, row.path): (row.digest, row.reader) for row in rows}
        readings = {}
        for position, record in enumerate(records):
            digest = hashlib.sha256(record.content).hexdigest()
            if stored.get((record.format, record.path)) != (digest, version):
                readings[position] = read(self.sandbox, record.format, record.content)
        return readings

    def _kept(
        self,
        session: Session,
        run: Run,
        records: list[SourceRecord],
        *,
        readings: dict[int, Reading],
        closing: Crawled | Unchanged,
    ) -> publishing.Published | None:
        """Records, repository and solution of one repository. None if the repository makes no entry."""
        repository = closing.repository
        settings = self.settings
        known = minting.known(session, repository, closing.aliases)
        if not known and not reachability.makes_entry(repository, closing, readings):
            reachability.seen(session, run.source, closing, solution="")
            return None
        solution = minting.solution_for(
            session,
            repository,
            closing.aliases,
            name=_name(readings),
            accepted=run.accepted,
        )
        identity.moved(session, solution, repository, aliases=closing.aliases)
        if run.accepted:
            minting.accept(session, solution)
        store.put(session, solution, _incoming(repository, records, readings))
        if isinstance(closing, Crawled) and not closing.partial:
            store.forget_missing(session, repository, reachability.kept(records))
        reachability.seen(session, run.source, closing, solution=solution)
        published = publishing.publish(session, solution, settings=settings)
        if published.outcome != Outcome.UNCHANGED:
            for other in publishing.dependants(session, solution):
                publishing.publish(session, other, settings=settings)
        return published


def _fits(record: SourceRecord) -> bool:
    """Whether path and address are no longer than anybody writes them."""
    return len(record.path) <= LONGEST_PATH and len(record.uri) <= LONGEST_URI


def _refused(session: Session, closing: Crawled | Unchanged) -> Failed | None:
    """Why nothing of a repository is kept although it answered: it is not the one it says it is."""
    repository = closing.repository
    aliases = closing.aliases
    if identity.taken_over(session, repository, aliases):
        return Failed(repository=repository, error=takeover.fault(repository, aliases))
    redirecting = identity.redirecting_entry(session, repository, aliases)
    if redirecting:
        error = CrawlError("redirects-elsewhere", url=redirecting, there=repository)
        return Failed(repository=redirecting, error=error)
    return None


def _name(readings: dict[int, Reading]) -> str:
    """The name that the first document gives, in the order in which documents are found; "" if none does."""
    for item in readings.values():
        name = minting.name_of(item)
        if name:
            return name
    return ""


def _incoming(
    repository: str, records: list[SourceRecord], readings: dict[int, Reading]
) -> list[store.Incoming]:
    version = reading.version()
    return [
        store.Incoming(
            repository=repository,
            format=records[position].format,
            path=records[position].path,
            uri=records[position].uri,
            commit=records[position].commit,
            content=records[position].content,
            fetched=records[position].fetched,
            reading=item,
            reader=version,
        )
        for position, item in readings.items()
    ]
