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
from sqlalchemy import select, update

from catalog.base import clock
from catalog.base.errors import SourceNotFound, StorageFull
from catalog.base.facts import UNSEEN
from catalog.base.states import SourceState
from catalog.base.tables import SourceRow
from catalog.changes import log
from catalog.harvesting import reread
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.hosts import HostQueues
from catalog.harvesting.runs import Run, Summary
from catalog.operations import retention
from catalog.operations.services import Services

_LOG = logging.getLogger("allmende.schedule")
_LEASE_MINUTES = 30
_RENEW_SECONDS = _LEASE_MINUTES * 20  # a third of it
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

    def start(self) -> None:
        """Begin to work in the background."""
        options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": 3600}
        now = clock.moment(clock.now())
        self._scheduler.add_job(self.crawl_due, "interval", seconds=30, next_run_time=now, **options)
        self._scheduler.add_job(self.sweep, "cron", hour=3, minute=20, **options)
        self._scheduler.add_job(self.renew, "date", **options)
        self._scheduler.start()

    def stop(self) -> None:
        """End the work; waits for the repositories at hand."""
        self._stopping.set()
        with self._ended:
            self._ended.notify_all()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

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
                self._wait()
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
            sources = self._lease()
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

    def _wait(self) -> None:
        """Until a run ends, or a little: then other sources may be due."""
        with self._ended:
            if self._runs:
                self._ended.wait(timeout=_LOOK_SECONDS)
            sources = list(self._runs)
        if time.monotonic() - self._renewed > _RENEW_SECONDS:
            self._renewed = time.monotonic()
            self._hold(sources)

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
            self._postpone(run.source)
        self._wake_followers()

    def _disk_is_full(self) -> None:
        with self._ended:
            known = self._full.is_set()
            self._full.set()
        if not known:
            _LOG.warning("the disk is full; reading sources goes on when there is room")

    def _lease(self) -> list[int]:
        """The due sources of a host that nobody works on, leased to us.

        Of the hosts, the one whose source is longest due.
        """
        now = clock.now()
        with self.services.database.write() as session:
            log.lock(session)  # so that of two workers one comes after the other
            busy = select(SourceRow.host).where(SourceRow.leased_until >= now)
            due = (SourceRow.state == SourceState.ACTIVE) & (SourceRow.due <= now)
            free = due & SourceRow.host.not_in(busy)
            by_age = select(SourceRow).order_by(SourceRow.due, SourceRow.id)
            first = session.scalars(by_age.where(free).limit(1)).first()
            if first is None:
                return []
            rows = session.scalars(by_age.where(due, SourceRow.host == first.host)).all()
            for row in rows:
                row.leased_until = clock.later(now, minutes=_LEASE_MINUTES)
            return [row.id for row in rows]

    def _hold(self, sources: list[int]) -> None:
        """Renew the leases of runs that take long."""
        until = clock.later(clock.now(), minutes=_LEASE_MINUTES)
        with self.services.database.write() as session:
            held = update(SourceRow).where(SourceRow.id.in_(sources)).values(leased_until=until)
            session.execute(held.execution_options(**UNSEEN))

    def _postpone(self, source: int) -> None:
        with self.services.database.write() as session:
            row = session.get(SourceRow, source)
            if row is not None:
                row.leased_until = ""
                row.due = clock.later(clock.now(), hours=1)

    def sweep(self) -> None:
        """Drop what the retention time has passed."""
        _LOG.info("swept: %s", retention.sweep(self.services))

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
