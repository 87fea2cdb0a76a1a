"""The conductor: lists a source, has its repositories read and kept, ends the run.

One repository is one transaction.

A crash costs a replay, never data. A run is worked on in jobs, one repository each, so that other hosts go on
meanwhile and an end comes soon.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from catalog.base import clock
from catalog.base.database import Database
from catalog.base.errors import AllmendeError, SourceNotFound
from catalog.base.settings import Settings
from catalog.base.states import SourceState
from catalog.base.tables import RunRow, SourceRow, host_of
from catalog.base.wanted_files import wanted_files
from catalog.harvesting import reachability
from catalog.harvesting.hosts import Inline, Jobs
from catalog.harvesting.keeping import Keeper
from catalog.harvesting.leases import Leases
from catalog.harvesting.listings import by_repository, still_there, why_nothing
from catalog.harvesting.runs import MOST_ELSEWHERE, Run, Summary, due_after
from crawlers.faults import CrawlError, Interrupted
from crawlers.net.http import Http
from crawlers.registry import crawl
from crawlers.source import Failed, Source, Task
from sandbox import Sandbox

_LOG = logging.getLogger("allmende.harvest")


@dataclass
class Harvest:
    """Starts runs: lists a source, reads each repository, and has a Keeper store it.

    `progress` is told after each repository, `stop` asked before; jobs run `Inline` unless told.
    """

    database: Database
    settings: Settings
    http: Http
    sandbox: Sandbox
    progress: Callable[[Summary], None] = lambda summary: None
    stop: Callable[[], bool] = lambda: False
    jobs: Jobs = field(default_factory=Inline)
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = Leases(self.database)

    def run(self, source: int) -> Summary:
        """Crawl a source and say what came of it.

        Raises SourceNotFound; other faults of the source are in the Summary.
        """
        return self.start(source).wait()

    def start(self, source: int, *, ended: Callable[[Run], None] = lambda run: None) -> Run:
        """Begin to crawl a source; `Run.wait` says what came of it, `ended` is told.

        Raises SourceNotFound.
        """
        run = self._begun(source)
        run.told = ended
        self.jobs.submit(run.host, lambda: self._guarded(run, self._next))
        return run

    def _begun(self, source: int) -> Run:
        with self.database.write() as session:
            row = session.get(SourceRow, source)
            if row is None:
                raise SourceNotFound
            self.leases.take(row)
            known = reachability.known(session, row)
            number = reachability.begin_run(session, source)
            host = host_of(row.url)
            run = Run(
                source,
                number,
                host=host,
                http=self.http.metered(),
                leases=self.leases,
                due=row.due,
                accepted=row.state != SourceState.PENDING,
            )
            asked = Source(
                kind=row.kind,
                url=row.url,
                options=msgspec.json.decode(row.options, type=dict[str, str]),
                known=known,
                files=wanted_files(),
            )
        run.tasks = crawl(asked, run.http)
        return run

    # --- listing ----------------------------------------------------------------------------------------

    def _guarded(self, run: Run, step: Callable[[Run], None]) -> None:
        """A step of a run.

        What breaks it off (a full disk, a lost database, a fault of ours) ends the run.
        """
        try:
            step(run)
        except BaseException as fault:
            run.fault = run.fault or fault
            run.listed = True
            self._end_if_done(run)

    def _next(self, run: Run) -> None:
        """The next repository of the listing: read here if it lies on the listing's host, else on its own."""
        if run.fault is not None or self.stop():
            run.listed, run.whole = True, False
            self._end_if_done(run)
            return
        try:
            task = next(run.tasks, None)
        except CrawlError as error:
            run.summary.error = error.fault
            run.listed = True
            self._end_if_done(run)
            return
        except Interrupted as interrupted:
            run.summary.interrupted = interrupted.fault
            run.listed = True
            self._end_if_done(run)
            return
        if task is None:
            self._listed(run)
            return
        host = host_of(task.url)
        if host == run.host:
            self._read(run, task)
        else:
            with run.lock:
                run.elsewhere += 1
            self.jobs.submit(host, lambda: self._guarded(run, lambda run: self._read_elsewhere(run, task)))
        self._go_on(run)

    def _go_on(self, run: Run) -> None:
        """Go on with the listing, unless many of its repositories wait for other hosts.

        Then one of those will.
        """
        with run.lock:
            run.parked = run.elsewhere >= MOST_ELSEWHERE
            if run.parked:
                return
        self.jobs.submit(run.host, lambda: self._guarded(run, self._next))

    def _listed(self, run: Run) -> None:
        """The listing has ended.

        What it does not show any more is asked for by itself, once it was seen whole. What other hosts
        still have of it comes first: it counts as found, and is not to be asked for again.
        """
        if run.checking:
            run.listed = run.whole = True
            self._end_if_done(run)
            return
        with run.lock:
            run.parked = run.elsewhere > 0
            if run.parked:
                return
            run.checking = True
            met = set(run.met)
        with self.database.read() as session:
            urls = reachability.absent(session, run.source, met)
        run.tasks = iter([Task(url=url, read=still_there(url)) for url in urls])
        self._go_on(run)

    # --- reading ----------------------------------------------------------------------------------------

    def _read_elsewhere(self, run: Run, task: Task) -> None:
        try:
            if run.fault is None and not self.stop():
                self._read(run, task)
            else:
                run.whole = False
        finally:
            with run.lock:
                run.elsewhere -= 1
                resumed = run.parked
                run.parked = False
            if resumed:
                self.jobs.submit(run.host, lambda: self._guarded(run, self._next))
            self._end_if_done(run)

    def _read(self, run: Run, task: Task) -> None:
        """Read a repository and keep what was found.

        A fault of ours in reading it costs this repository, never the run.
        """
        keeper = Keeper(self.database, self.settings, self.sandbox)
        try:
            for records, closing in by_repository(task.read(run.http)):
                with run.lock:
                    run.met.add(closing.repository)
                keeper.keep(run, records, closing)
        except (AllmendeError, OperationalError):
            raise
        except Interrupted as interrupted:  # nothing is noted: the next run reads it
            run.summary.interrupted = interrupted.fault
        except Exception:
            _LOG.exception("%s could not be read", task.url)
            error = CrawlError("internal", url=task.url)
            keeper.keep(run, [], Failed(repository=task.url, error=error))
        if not run.checking:
            self.progress(run.summary)

    # --- the end ----------------------------------------------------------------------------------------

    def _end_if_done(self, run: Run) -> None:
        with run.lock:
            if not run.listed or run.elsewhere or run.ending:
                return
            run.ending = True
        try:
            if run.fault is None:
                self._end(run)
        except BaseException as fault:
            run.fault = fault
        finally:
            run.ended.set()
            run.told(run)

    def _end(self, run: Run) -> None:
        """A run that was stopped or broke off is not whole; what was stopped goes on with the next worker."""
        summary = run.summary
        whole = run.whole and summary.interrupted is None
        summary.requests = run.http.requests
        summary.bytes = run.http.bytes
        now = clock.now()
        error = summary.error.text() if summary.error else ""
        counts = msgspec.json.encode(summary.counts()).decode()
        with self.database.write() as session:
            ended = update(RunRow).where(RunRow.id == run.number)
            session.execute(ended.values(ended=now, counts=counts, error=error))
            row = session.get(SourceRow, run.source)
            if row is None:
                return
            self.leases.end(row)
            asked_for_meanwhile = row.due != run.due
            if whole or error:  # what was stopped says nothing of the source
                row.error = error or why_nothing(summary)
                row.failing_since = (row.failing_since or now) if row.error else ""
            if whole and not row.error:
                row.succeeded = now
            if not asked_for_meanwhile:
                hours = self.settings.crawl_hours
                row.due = due_after(now, hours=hours, whole=whole, failed=bool(error))
