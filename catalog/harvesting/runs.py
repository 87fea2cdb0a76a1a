"""A run: one crawl of one source, what it has come to so far, and what of it is still to be done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from catalog.base import clock
from catalog.base.states import Outcome
from catalog.harvesting.leases import Leases
from crawlers.faults import Fault
from crawlers.net.http import Http
from crawlers.source import Task

MOST_ELSEWHERE = 20  # repositories of a run that wait for other hosts than the listing's


@dataclass
class Summary:
    """What a run came to.

    `failed` repositories could not be read; `error` is set if the source as a whole could not. `interrupted`
    says why something was not tried to its end: nothing is noted of it.
    """

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
    failures: list[tuple[str, Fault]] = field(default_factory=list)
    error: Fault | None = None
    interrupted: Fault | None = None

    def count(self, outcome: Outcome) -> None:
        """One repository more of which publishing came to this."""
        if outcome == Outcome.NEW:
            self.new += 1
        elif outcome == Outcome.CHANGED:
            self.changed += 1
        else:
            self.unchanged += 1

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


class Run:
    """One run. Repositories of several hosts may be worked on at once; `lock` guards what they share."""

    def __init__(
        self, source: int, number: int, *, host: str, http: Http, leases: Leases, due: str, accepted: bool
    ) -> None:
        """`accepted`: what the source shows is public at once. `http` counts for this run alone.

        `due` is when the source was due as the run began; who changes that meanwhile wants another run.
        """
        self.source = source
        self.number = number
        self.host = host
        self.http = http
        self.leases = leases
        self.due = due
        self.accepted = accepted
        self.summary = Summary()
        self.met: set[str] = set()
        self.tasks: Iterator[Task] = iter(())
        self.whole = False  # the listing was seen to its end
        self.checking = False  # the listing has ended, and what it shows no more is asked for
        self.listed = False  # nothing more is to be begun
        self.elsewhere = 0  # repositories that wait for, or are read by, another host
        self.parked = False  # the listing waits until some of those are read
        self.fault: BaseException | None = None  # what broke the run off: nobody else can mend it
        self.ending = False
        self.ended = threading.Event()
        self.told: Callable[[Run], None] = lambda run: None  # when it has ended
        self.lock = threading.Lock()

    def wait(self) -> Summary:
        """The summary, when the run has ended; raises what broke it off."""
        self.ended.wait()
        if self.fault is not None:
            raise self.fault
        return self.summary


def due_after(ended: str, *, hours: int, whole: bool, failed: bool) -> str:
    """When a source is read again after a run that ended then: after so many hours, sooner if it failed."""
    if whole:
        return clock.later(ended, hours=hours)
    return clock.later(ended, hours=min(hours, 1)) if failed else ended
