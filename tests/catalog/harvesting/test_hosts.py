"""Several hosts at once: each is read one repository at a time, none waits for another, a stop is clean."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from catalog.base.tables import RunRow, SourceRow
from catalog.harvesting.harvest import Harvest
from catalog.harvesting.hosts import HostQueues, Inline
from catalog.harvesting.runs import MOST_ELSEWHERE, Run
from crawlers.faults import CrawlError
from crawlers.net.http import Http, Policy
from crawlers.registry import CRAWLERS
from crawlers.source import Event, Source, Task
from tests.conftest import ExpectLogs
from tests.support.scripted_catalogue import Repository, ScriptedCatalogue

LONG = 20.0  # seconds after which a test has hung
Read = Callable[[Http], None]


class ScriptedSources:
    """What sources show: tasks that call a function of the test when they are read."""

    def __init__(self, catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.catalogue = catalogue
        self._tasks: dict[str, list[Task]] = {}
        monkeypatch.setitem(CRAWLERS, "scripted", self._crawl)

    def _crawl(self, source: Source, _http: Http) -> Iterator[Task]:
        yield from self._tasks[source.url]

    def shows(self, source: str, url: str, read: Read = lambda http: None) -> None:
        """The source shows one repository more."""
        repository = Repository(url, {"README.md": f"# {url}\n".encode()})

        def events(http: Http) -> Iterator[Event]:
            read(http)
            yield from repository.events()

        self._tasks.setdefault(source, []).append(Task(url=url, read=events))

    def add(self, source: str) -> int:
        self._tasks.setdefault(source, [])
        return self.catalogue.add_source(source)


@pytest.fixture
def sources(catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch) -> ScriptedSources:
    return ScriptedSources(catalogue, monkeypatch)


@pytest.fixture
def queues() -> Iterator[HostQueues]:
    made = HostQueues(8)
    yield made
    made.close()


@pytest.fixture
def conductor(catalogue: ScriptedCatalogue, queues: HostQueues) -> Harvest:
    made = catalogue.conductor()
    made.http, made.jobs = Http(Policy()), queues
    return made


class Busy:
    """Which hosts are read right now, and the most readings of one host that there were at once."""

    def __init__(self) -> None:
        self._lock, self._now = threading.Lock(), Counter[str]()
        self.most: Counter[str] = Counter()

    def reading(self, host: str, then: Callable[[], None] = lambda: None) -> Read:
        def read(_http: Http) -> None:
            with self._lock:
                self._now[host] += 1
                self.most[host] = max(self.most[host], self._now[host])
            then()
            with self._lock:
                self._now[host] -= 1

        return read


def run_row(catalogue: ScriptedCatalogue, run: Run) -> RunRow:
    with catalogue.database.read() as session:
        row = session.get(RunRow, run.number)
    assert row is not None
    return row


def test_a_listing_shows_repositories_of_other_hosts(sources: ScriptedSources, conductor: Harvest) -> None:
    """They are read at the same time as its own, one at a time on each host."""
    source, busy = sources.add("https://list.example/all"), Busy()
    together = threading.Barrier(3)
    for host in ("one.example", "two.example", "list.example"):
        first = busy.reading(host, lambda: together.wait(LONG) and None)
        sources.shows("https://list.example/all", f"https://{host}/town/app0", first)
    for number in range(1, 4):
        for host in ("list.example", "one.example", "two.example"):
            sources.shows("https://list.example/all", f"https://{host}/town/app{number}", busy.reading(host))
    summary = conductor.start(source).wait()
    assert (summary.found, summary.new, summary.failed) == (12, 12, 0)
    assert busy.most == {"list.example": 1, "one.example": 1, "two.example": 1}
    assert len(sources.catalogue.solutions()) == 12
    sources.catalogue.check()


def test_a_long_listing_waits_for_the_host_that_it_fills(
    sources: ScriptedSources, conductor: Harvest
) -> None:
    """No more than so many repositories are held in memory for other hosts; all are read in the end."""
    source, go_on, listed = sources.add("https://list.example/all"), threading.Event(), []
    count = 3 * MOST_ELSEWHERE

    def waits(_http: Http) -> None:
        assert go_on.wait(LONG)

    for number in range(count):
        sources.shows("https://list.example/all", f"https://far.example/town/app{number}", waits)
    tasks = sources._tasks["https://list.example/all"]
    sources._tasks["https://list.example/all"] = _noted(tasks, listed)  # type: ignore[assignment]
    run = conductor.start(source)
    full = threading.Event()
    threading.Thread(target=_when, args=(lambda: run.parked, full), daemon=True).start()
    assert full.wait(LONG)
    assert len(listed) == MOST_ELSEWHERE
    go_on.set()
    assert run.wait().found == count


def _noted(tasks: list[Task], listed: list[str]) -> Iterator[Task]:
    for task in tasks:
        listed.append(task.url)
        yield task


def _when(true: Callable[[], bool], event: threading.Event) -> None:
    while not true():
        event.wait(0.005)
    event.set()


def test_each_run_counts_its_own_requests(sources: ScriptedSources, conductor: Harvest) -> None:
    """Two runs at once, of which one asks three times as often: what both ask is the way out's count."""
    together = threading.Barrier(2)

    def asks(times: int) -> Read:
        def read(http: Http) -> None:
            together.wait(LONG)
            for _ in range(times):
                http.count(requests=1, bytes=100)
            together.wait(LONG)

        return read

    requests_of = {"https://one.example/town": 1, "https://two.example/town": 3}
    for url, times in requests_of.items():
        for number in range(4):
            sources.shows(url, f"{url}/app{number}", asks(times))
    runs = [conductor.start(sources.add(url)) for url in requests_of]
    summaries = [run.wait() for run in runs]
    assert [(summary.requests, summary.bytes) for summary in summaries] == [(4, 400), (12, 1200)]
    assert (conductor.http.requests, conductor.http.bytes) == (16, 1600)
    counts = [json.loads(run_row(sources.catalogue, run).counts) for run in runs]
    assert [count["requests"] for count in counts] == [4, 12]


def test_a_silent_host_holds_up_nobody(sources: ScriptedSources, conductor: Harvest) -> None:
    """Meanwhile other sources are read to their ends, and so is the rest of its own listing."""
    silent, speaks = threading.Event(), threading.Event()

    def waits(_http: Http) -> None:
        silent.set()
        assert speaks.wait(LONG)

    sources.shows("https://list.example/all", "https://silent.example/town/app", waits)
    for number in range(5):
        sources.shows("https://list.example/all", f"https://list.example/town/app{number}")
        sources.shows("https://other.example/town", f"https://other.example/town/app{number}")
    held = conductor.start(sources.add("https://list.example/all"))
    assert silent.wait(LONG)
    other = conductor.start(sources.add("https://other.example/town"))
    assert other.ended.wait(LONG)
    own = threading.Event()
    threading.Thread(target=_when, args=(lambda: held.summary.found == 5, own), daemon=True).start()
    assert own.wait(LONG)
    assert not held.ended.is_set()
    speaks.set()
    assert (held.wait().found, other.wait().found) == (6, 5)


def test_what_another_host_still_has_is_not_missing_from_the_listing(
    sources: ScriptedSources, conductor: Harvest
) -> None:
    """Read after the listing has ended, it is found all the same; nobody asks whether it is still there."""
    source, far = sources.add("https://list.example/all"), "https://far.example/town/app"
    go_on = threading.Event()
    go_on.set()

    def waits(_http: Http) -> None:
        assert go_on.wait(LONG)

    sources.shows("https://list.example/all", far, waits)
    assert conductor.start(source).wait().new == 1
    sources.catalogue.missing[far] = CrawlError("not-found", url=far)
    go_on.clear()
    run, ended = conductor.start(source), threading.Event()
    threading.Thread(target=_when, args=(lambda: run.parked or run.checking, ended), daemon=True).start()
    assert ended.wait(LONG)
    go_on.set()
    summary = run.wait()
    assert (summary.found, summary.failed) == (1, 0)


def test_a_stop_in_the_middle_ends_cleanly(
    sources: ScriptedSources, conductor: Harvest, queues: HostQueues
) -> None:
    """What is at hand on each host is kept whole, nothing else is begun, and the source is due at once."""
    source, stopped = sources.add("https://list.example/all"), threading.Event()
    begun: list[str] = []
    together = threading.Barrier(3)

    def reads(url: str) -> Read:
        def read(_http: Http) -> None:
            begun.append(url)
            if together.wait(LONG) == 0:
                stopped.set()
            assert stopped.wait(LONG)

        return read

    for number in range(4):
        for host in ("one.example", "two.example", "list.example"):
            url = f"https://{host}/town/app{number}"
            sources.shows("https://list.example/all", url, reads(url))
    conductor.stop = stopped.is_set
    run = conductor.start(source)
    summary = run.wait()
    queues.close()
    assert sorted(begun) == sorted(f"https://{host}.example/town/app0" for host in ("list", "one", "two"))
    assert (summary.found, summary.new, summary.error) == (3, 3, None)
    assert len(sources.catalogue.solutions()) == 3
    sources.catalogue.check()
    assert run_row(sources.catalogue, run).ended
    with sources.catalogue.database.read() as session:
        row = session.get(SourceRow, source)
    assert row is not None
    assert (row.leased_until, row.succeeded) == ("", "")


# --- the queues themselves ------------------------------------------------------------------------------


def test_jobs_of_a_host_come_in_their_order_and_never_two_at_once() -> None:
    queues, done, now = HostQueues(4), list[tuple[str, int]](), Counter[str]()

    def job(host: str, number: int) -> None:
        now[host] += 1
        assert now[host] == 1
        done.append((host, number))
        now[host] -= 1

    for number in range(50):
        for host in "abc":
            queues.submit(host, lambda host=host, number=number: job(host, number))  # type: ignore[misc]
    queues.close()
    assert len(done) == 150
    for host in "abc":
        assert [number for name, number in done if name == host] == list(range(50))


def test_no_more_hosts_at_once_than_allowed() -> None:
    queues, lock, full = HostQueues(2), threading.Lock(), threading.Event()
    now, most = 0, 0

    def job() -> None:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
            if now == 2:
                full.set()
        assert full.wait(LONG)
        with lock:
            now -= 1

    for number in range(10):
        queues.submit(f"host{number}", job)
    queues.close()
    assert most == 2


def test_a_host_with_many_jobs_gives_way_to_others() -> None:
    """With one thread for two hosts, the second is not last."""
    queues, done, both = HostQueues(1), list[str](), threading.Event()
    queues.submit("a", lambda: both.wait(LONG) and None)
    for _ in range(10):
        queues.submit("a", lambda: done.append("a"))
    queues.submit("b", lambda: done.append("b"))
    both.set()
    queues.close()
    assert done.index("b") <= 1


def test_a_job_that_breaks_off_costs_no_thread(expected_logs: ExpectLogs) -> None:
    expected_logs("ERROR allmende.harvest: a job of a broke off")
    queues, done = HostQueues(1), list[str]()

    def broken() -> Any:
        raise RuntimeError("broken")

    queues.submit("a", broken)
    queues.submit("a", lambda: done.append("a"))
    queues.submit("b", lambda: done.append("b"))
    queues.close()
    assert sorted(done) == ["a", "b"]


def test_closing_waits_for_jobs_that_jobs_submit() -> None:
    queues, done = HostQueues(2), list[int]()

    def job(number: int) -> None:
        done.append(number)
        if number < 20:
            queues.submit(f"host{number % 3}", lambda: job(number + 1))

    queues.submit("host0", lambda: job(0))
    queues.close()
    assert done == list(range(21))


def test_inline_runs_what_a_job_submits_after_it() -> None:
    inline, done = Inline(), list[str]()

    def job() -> None:
        inline.submit("b", lambda: done.append("second"))
        done.append("first")

    inline.submit("a", job)
    assert done == ["first", "second"]


def test_each_host_that_comes_while_threads_sleep_gets_one() -> None:
    """One that is silent holds up none, also if both came before the sleeping thread had woken."""
    for _ in range(20):
        queues, slept, silent, ran = HostQueues(8), threading.Event(), threading.Event(), threading.Event()
        queues.submit("warm", slept.set)
        assert slept.wait(LONG)
        queues.submit("silent", lambda silent=silent: silent.wait(LONG))
        queues.submit("quick", ran.set)
        try:
            assert ran.wait(LONG / 4)
        finally:
            silent.set()
            queues.close()
