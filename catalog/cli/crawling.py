"""The command `crawl`: reads sources now, several hosts at once, and says what came of each."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

import click

from catalog.base import language
from catalog.base.errors import AllmendeError
from catalog.cli.commands import commands, language_option, opened, translator
from crawlers.faults import CrawlError, Fault, Interrupted

if TYPE_CHECKING:
    from catalog.harvesting.leases import Leases
    from catalog.harvesting.runs import Run, Summary
    from catalog.operations.services import Services

_CELLS = 30  # of the progress bar
_MOST_FAILURES = 20  # that are shown of a source
_END_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@commands.command()
@click.argument("targets", nargs=-1, required=True)
@language_option()
def crawl(targets: tuple[str, ...]) -> None:
    """Read repositories, organisations or known sources now. The entries are on the site when it returns."""
    from catalog.changes.followers import follow_now, wait_for

    words = translator()
    with opened() as services:
        services.database  # noqa: B018  (opened first: a schema problem is said before anything is read)
        reading = _Reading(services, words)
        failed = reading.run(targets)
        if not follow_now(services.database, services.followers, services.settings.data_dir):
            wait_for(services.database, services.followers, seconds=30)
    if reading.signal:
        sys.exit(128 + reading.signal)
    sys.exit(1 if failed else 0)


class _Reading:
    """The runs of one command.

    A first SIGINT or SIGTERM ends them after the repositories at hand, a second one at once.
    """

    def __init__(self, services: Services, words: language.Translator) -> None:
        self._services = services
        self._words = words
        self._runs: dict[str, Run] = {}
        self._unread: dict[str, Fault] = {}  # targets that are no source
        self._lock = threading.Lock()
        self.signal = 0

    def run(self, targets: tuple[str, ...]) -> bool:
        """Read and report them all. Whether a source failed as a whole."""
        from catalog.harvesting.hosts import HostQueues

        before = {number: signal.signal(number, self._end) for number in _END_SIGNALS}
        queues = HostQueues(self._services.settings.crawl_hosts)
        conductor = self._services.harvest()
        conductor.jobs = queues
        conductor.stop = lambda: bool(self.signal)
        conductor.progress = lambda summary: self._show_progress()
        try:
            for target, source in self._sources(targets).items():
                click.echo(self._words.gettext("Reading {target} ...", target=target), err=True)
                self._runs[target] = conductor.start(source)
            return self._reported(targets)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if not isinstance(sys.exc_info()[1], KeyboardInterrupt):  # a second signal waits for nothing
                queues.close()

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self.signal = number
        self._services.http.end_pauses()
        for each in _END_SIGNALS:
            signal.signal(each, signal.default_int_handler)

    def _sources(self, targets: tuple[str, ...]) -> dict[str, int]:
        """Target -> its source.

        Of several targets one that is none does not keep the others from being read.
        """
        found: dict[str, int] = {}
        for target in targets:
            try:
                number = self._services.source(target)
            except Interrupted as interrupted:
                self._unread[target] = interrupted.fault
                break
            except CrawlError as error:
                if len(targets) == 1:
                    raise
                self._unread[target] = error.fault
                continue
            if number not in found.values():
                found[target] = number
        return found

    def _reported(self, targets: tuple[str, ...]) -> bool:
        from catalog.harvesting.leases import RENEW_SECONDS

        failed = bool(self._unread)
        for target, run in self._runs.items():
            while not run.ended.wait(timeout=RENEW_SECONDS):
                self._renew(run.leases)
            summary = run.wait()
            _clear_line()
            if len(targets) > 1:
                click.echo(f"\n{target}")
            _report(summary, self._words)
            failed = failed or summary.error is not None or 0 < summary.found == summary.failed
        for target, fault in self._unread.items():
            click.echo(f"\n{target}\n  ! {language.sentence(self._words, fault)}")
        if self.signal:
            click.echo(self._words.gettext("Ended early; what is missing is read next time."), err=True)
        return failed

    def _renew(self, leases: Leases) -> None:
        from sqlalchemy.exc import OperationalError

        with contextlib.suppress(AllmendeError, OperationalError):  # the runs say what is wrong themselves
            leases.renew([run.source for run in self._runs.values() if not run.ended.is_set()])

    def _show_progress(self) -> None:
        """One line: how many of the sources are read, and what they have come to until now."""
        if not sys.stderr.isatty():
            return
        with self._lock:
            runs = list(self._runs.values())
            ended = sum(run.ended.is_set() for run in runs)
            filled = _CELLS * ended // max(1, len(runs))
            line = self._words.gettext(
                "{ended} of {all} sources · {found} repositories · {new} "
                "new · {changed} changed · {kilobytes} kB",
                ended=str(ended),
                all=str(len(runs)),
                found=str(sum(run.summary.found for run in runs)),
                new=str(sum(run.summary.new for run in runs)),
                changed=str(sum(run.summary.changed for run in runs)),
                kilobytes=str(sum(run.http.bytes for run in runs) // 1024),
            )
            click.echo(f"\r\033[K[{'#' * filled}{'.' * (_CELLS - filled)}] {line}", nl=False, err=True)


def _clear_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def _report(summary: Summary, words: language.Translator) -> None:
    rows = (
        (words.gettext("repositories found"), summary.found),
        (words.gettext("new"), summary.new),
        (words.gettext("changed"), summary.changed),
        (words.gettext("unchanged"), summary.unchanged),
        (words.gettext("not listed (forks, templates, empty)"), summary.ignored),
        (words.gettext("could not be read"), summary.failed),
        (words.gettext("files with errors"), summary.problems),
        (words.gettext("requests"), summary.requests),
        (words.gettext("bytes"), summary.bytes),
    )
    for name, number in rows:
        click.echo(f"{words.number(number):>12}  {name}")
    for repository, fault in summary.failures[:_MOST_FAILURES]:
        click.echo(f"  ! {repository}: {language.sentence(words, fault)}")
    if summary.error:
        click.echo(f"  ! {language.sentence(words, summary.error)}")
