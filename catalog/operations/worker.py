"""When things happen: due sources are crawled, retention sweeps at night, old readings are renewed. One lease a source, so that workers may be several."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select, update

from catalog.base import clock
from catalog.base.errors import StorageFull
from catalog.base.states import SourceState
from catalog.base.tables import SourceRow
from catalog.harvesting import reread
from catalog.harvesting.harvest import Summary
from catalog.operations import retention
from catalog.operations.services import Services

_LOG = logging.getLogger("allmende.schedule")
_LEASE_MINUTES = 30


class Worker:
    """Crawls what is due, one source after another; `stop` ends after the repository at hand."""

    def __init__(self, services: Services, *, poke: Callable[[], None] = lambda: None) -> None:
        self.services, self._poke = services, poke
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        """Begin to work in the background."""
        options = {"max_instances": 1, "coalesce": True, "misfire_grace_time": 3600}
        self._scheduler.add_job(
            self.crawl_due, "interval", seconds=30, next_run_time=clock.moment(clock.now()), **options
        )
        self._scheduler.add_job(self.sweep, "cron", hour=3, minute=20, **options)
        self._scheduler.add_job(self.renew, "date", **options)
        self._scheduler.start()

    def stop(self) -> None:
        """End the work; waits for the repository at hand."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def crawl_due(self) -> None:
        """Crawl all sources whose time has come."""
        while not self._stopping.is_set():
            source = self._lease()
            if source is None:
                return
            conductor = self.services.harvest()
            conductor.stop, conductor.progress = self._stopping.is_set, self._alive(source)
            try:
                summary = conductor.run(source)
            except StorageFull:
                _LOG.warning("the disk is full; reading sources goes on when there is room")
                return
            except Exception:  # one broken source must not stop the others
                _LOG.exception("the run of source %s broke off", source)
                self._postpone(source)
                continue
            _LOG.info("crawled source %s: %s", source, summary.counts(), extra={"source": source})
            self._poke()

    def _lease(self) -> int | None:
        """The source that is longest due and that no other worker has, leased to us."""
        now = clock.now()
        with self.services.database.write() as session:
            query = select(SourceRow).where(
                SourceRow.state == SourceState.ACTIVE, SourceRow.due <= now, SourceRow.leased_until < now
            )
            row = session.scalars(
                query.order_by(SourceRow.due, SourceRow.id).limit(1).with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            row.leased_until = clock.later(now, minutes=_LEASE_MINUTES)
            return row.id

    def _alive(self, source: int) -> Callable[[Summary], None]:
        """Tells the followers of news, and renews the lease of a run that takes long."""
        renewed = time.monotonic()

        def told(_summary: Summary) -> None:
            nonlocal renewed
            self._poke()
            if time.monotonic() - renewed > _LEASE_MINUTES * 20:  # seconds: a third of it
                renewed = time.monotonic()
                with self.services.database.write() as session:
                    until = clock.later(clock.now(), minutes=_LEASE_MINUTES)
                    session.execute(
                        update(SourceRow).where(SourceRow.id == source).values(leased_until=until)
                    )

        return told

    def _postpone(self, source: int) -> None:
        with self.services.database.write() as session:
            row = session.get(SourceRow, source)
            if row is not None:
                row.leased_until, row.due = "", clock.later(clock.now(), hours=1)

    def sweep(self) -> None:
        """Drop what the retention time has passed."""
        _LOG.info("swept: %s", retention.sweep(self.services))

    def renew(self) -> None:
        """After an upgrade: read the stored texts again with the new tables."""
        count, changed = reread.reread(self.services.database, self.services.settings, self.services.sandbox)
        if count:
            _LOG.info("read %s stored documents again, %s solutions changed", count, changed)
            self._poke()
