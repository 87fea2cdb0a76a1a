"""What a listing brings, put in order, and how what it does not show any more is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from catalog.harvesting.runs import Summary
from crawlers.faults import CrawlError
from crawlers.git import shallow
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, SourceRecord, Unchanged


def why_nothing(summary: Summary) -> str:
    """A source is as well as what it shows: the first failure, if every repository failed; else ""."""
    if 0 < summary.found == summary.failed:
        return summary.failures[0][1].text()
    return ""


def still_there(url: str) -> Callable[[Http], Iterator[Event]]:
    """Absence from a listing says nothing, "not found" does: a task that only fails, or not."""

    def read(http: Http) -> Iterator[Event]:
        try:
            shallow.head(url, http)
        except CrawlError as error:
            yield Failed(repository=url, error=error)

    return read


def by_repository(
    events: Iterator[Event],
) -> Iterator[tuple[list[SourceRecord], Crawled | Unchanged | Failed]]:
    """The events grouped by repository: its records and the event that closes it."""
    records: list[SourceRecord] = []
    for event in events:
        if isinstance(event, SourceRecord):
            records.append(event)
        else:
            yield records, event
            records = []
