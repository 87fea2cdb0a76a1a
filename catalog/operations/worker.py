"""When things happen: due sources are crawled, retention sweeps at night, old readings are renewed.

A worker takes a host: all due sources that are read from it. Sources are leased, so that workers may be
several.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from catalog.base import clock
from catalog.base.errors import AllmendeError, SourceNotFound, StorageFull
from catalog.base.tables import SourceRow
from catalog.harvesting import reread
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.hosts import HostQueues
from catalog.harvesting.leases import RENEW_SECONDS
from catalog.harvesting.runs import Run, Summary
from catalog.operations import retention
from catalog.operations.services import Services

_LOG = logging.getLogger("allmende.schedule")
_LOOK_SECONDS = 5.0  # while some sources are read, how often it is asked whether others are due


class Worker:
    """Crawls what is due, several hosts at once; `stop` ends after the repositories at hand."""

    def __init__(self, services: Services, *, wake_followers: Callable[[], None] = lambda: None) -> None:
        self.services = services
        self._wake_followers = wake_followers
        self._stopping = threading.Event()
        self._full = threading.Event()  # the disk is; nothing is begun in this round
        self._ended = threading.Condition()
        self._runs: dict[int, Run] = {}  # source -> its run that has not ended
        self._renewed = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        # Not of the scheduler: it trips over a job for once that it is told to forget in that moment.
        self._renewal = threading.Thread(target=self._renew_or_log, name="renewal", daemon=True)

    def start(self) -> None:
        """Begin to work in the background."""
        options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": 3600}
        now = clock.moment(clock.now())
        self._scheduler.add_job(self.crawl_due, "interval", seconds=30, next_run_time=now, **options)
        self._scheduler.add_job(self.sweep, "cron", hour=3, minute=20, **options)
        self._scheduler.start()
        self._renewal.start()

    def stop(self) -> None:
        """End the work; waits for the repositories at hand."""
        self._stopping.set()
        self.services.http.end_pauses()
        with self._ended:
            self._ended.notify_all()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
            self._renewal.join()

    def crawl_due(self) -> None:
        """Crawl all sources whose time has come, and those whose time comes meanwhile."""
        self._full.clear()
        queues = HostQueues(self.services.settings.crawl_hosts)
        conductor = self.services.harvest()
        conductor.jobs = queues
        conductor.stop = self._must_stop
        conductor.progress = self._told
        try:
            while self._begin(conductor) or self._runs:
                self._wait(conductor)
        finally:
            queues.close()

    def _must_stop(self) -> bool:
        return self._stopping.is_set() or self._full.is_set()

    def _told(self, _summary: Summary) -> None:
        self._wake_followers()

    def _begin(self, conductor: Harvest) -> bool:
        """Take hosts and start the runs of their due sources, as many as may be worked on.

        Whether any was started.
        """
        started = False
        while not self._must_stop() and self._hosts() < self.services.settings.crawl_hosts:
            sources = self._due(conductor)
            if not sources:
                break
            for source in sources:
                self._begin_run(conductor, source)
            started = True
        return started

    def _hosts(self) -> int:
        """How many hosts are worked on."""
        with self._ended:
            return len({run.host for run in self._runs.values()})

    def _begin_run(self, conductor: Harvest, source: int) -> None:
        try:
            run = conductor.start(source, ended=self._run_ended)
        except SourceNotFound:  # it was removed meanwhile
            return
        except StorageFull:
            self._disk_is_full()
            return
        with self._ended:
            if not run.ended.is_set():
                self._runs[source] = run

    def _wait(self, conductor: Harvest) -> None:
        """Until a run ends, or a little: then other sources may be due."""
        with self._ended:
            if self._runs:
                self._ended.wait(timeout=_LOOK_SECONDS)
            sources = list(self._runs)
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            self._renew_leases(conductor, sources)

    def _run_ended(self, run: Run) -> None:
        with self._ended:
            self._runs.pop(run.source, None)
            self._ended.notify_all()
        if run.fault is None:
            _LOG.info("crawled source %s: %s", run.source, run.summary.counts(), extra={"source": run.source})
        elif isinstance(run.fault, StorageFull):
            self._disk_is_full()
        else:
            _LOG.error("the run of source %s broke off", run.source, exc_info=run.fault)
            self._postpone(run)
        self._wake_followers()

    def _due(self, conductor: Harvest) -> list[int]:
        """What may be begun next. A fault of the database ends no run that is under way."""
        try:
            return conductor.leases.take_host()
        except StorageFull:
            self._disk_is_full()
        except (AllmendeError, OperationalError):
            _LOG.exception("it cannot be asked which sources are due")
        return []

    def _renew_leases(self, conductor: Harvest, sources: list[int]) -> None:
        try:
            conductor.leases.renew(sources)
        except StorageFull:
            self._disk_is_full()
        except (AllmendeError, OperationalError):
            _LOG.exception("the leases of runs could not be renewed; it is tried again")

    def _disk_is_full(self) -> None:
        with self._ended:
            known = self._full.is_set()
            self._full.set()
        if not known:
            _LOG.warning("the disk is full; reading sources goes on when there is room")

    def _postpone(self, run: Run) -> None:
        with self.services.database.write() as session:
            row = session.get(SourceRow, run.source)
            if row is not None and run.leases.end(row) and row.due == run.due:
                row.due = clock.later(clock.now(), hours=1)

    def sweep(self) -> None:
        """Drop what the retention time has passed."""
        _LOG.info("swept: %s", retention.sweep(self.services, stop=self._stopping.is_set))

    def _renew_or_log(self) -> None:
        try:
            self.renew()
        except Exception:
            _LOG.exception("stored documents could not be read again; the next start tries it once more")

    def renew(self) -> None:
        """After an upgrade: read the stored texts again with the new tables."""
        count, changed = reread.reread(
            self.services.database,
            self.services.settings,
            self.services.sandbox,
            stop=self._stopping.is_set,
        )
        if count:
            _LOG.info("read %s stored documents again, %s solutions changed", count, changed)
            self._wake_followers()
