"""The events of one repository on a forge: the forge's record, the files that Git has, the closing event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges.listing import without_foreign_addresses
from crawlers.forges.markers import EMPTY, KnownMarkers, Marker
from crawlers.forges.places import no_such_owner, path_of, place
from crawlers.git.repository import read_files
from crawlers.net.address import canonical, shown, split
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged

FACTS_SECONDS = 5.0  # how long a single repository waits for the forge's facts
FACTS_BYTES = 500_000


class ListedRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as its forge lists it.

    `path` is its full name, `uri` its address in the API, `facts` the content of its record. `state` is a
    text that changes whenever the files may have changed, "" where the forge cannot tell.
    """

    forge: str
    id: str
    path: str
    uri: str
    facts: dict[str, Any]
    state: str = ""
    empty: bool = False


# From a full name to the repository as the forge describes it now; None if it is not public.
LookUp = Callable[[str], ListedRepository | None]


def listed(
    source: Source, http: Http, *, repositories: Iterable[ListedRepository | None], look_up: LookUp
) -> Iterator[Event]:
    """The events of all repositories of a listing, each once.

    CrawlError "no-such-owner" if the listing is not found.
    """
    origin, _ = place(source.url)
    known = KnownMarkers(source.known, origin=origin)
    seen: set[str] = set()
    try:
        for repository in repositories:
            if repository is not None and repository.id not in seen:
                seen.add(repository.id)
                yield from events(repository, origin=origin, known=known, http=http, look_up=look_up)
    except CrawlError as error:
        if error.code == "not-found" and not seen:
            raise no_such_owner(source.url) from error
        raise


def single(source: Source, http: Http, *, forge: str, look_up: LookUp) -> Iterator[Event]:
    """The one repository at `source.url`, with the forge's facts if they come within FACTS_SECONDS."""
    url = canonical(source.url)
    origin = split(url).origin
    known = KnownMarkers(source.known, origin=origin)
    try:
        repository = look_up(path_of(url))
    except CrawlError:
        repository = None
    if repository is not None:
        yield from events(
            repository, origin=origin, known=known, http=http, look_up=look_up, redirecting=(url,)
        )
        return
    marker = known.marker(url)
    for event in read_files(url, http, known=marker.commit, forge=forge):
        if isinstance(event, Crawled | Unchanged):
            commit = event.marker or EMPTY
            event = msgspec.structs.replace(event, marker=str(Marker(commit=commit, id=marker.id)))
        yield event


def events(
    repository: ListedRepository,
    *,
    origin: str,
    known: KnownMarkers,
    http: Http,
    look_up: LookUp,
    redirecting: tuple[str, ...] = (),
) -> Iterator[Event]:
    """The forge's record of a repository, its files unless nothing has changed, and the closing event.

    `redirecting` are addresses that have led here.
    """
    try:
        url = canonical(f"{origin}/{quote(repository.path)}")
    except CrawlError as error:
        yield Failed(repository=shown(f"{origin}/{repository.path}"), error=error)
        return
    number = f"{split(origin).authority}#{repository.id}"
    former = [
        address
        for address in known.former_addresses(url, id=repository.id)
        if address not in redirecting and _may_be_alias(address, repository, look_up=look_up)
    ]
    addresses = [address for address in (*redirecting, *former) if address != url]
    aliases = tuple(dict.fromkeys((number, *addresses)))
    yield _record(repository, origin=origin, url=url)
    marker = known.marker(url, id=repository.id)
    yield from _closing(repository, http, url=url, marker=marker, aliases=aliases)


def _may_be_alias(address: str, repository: ListedRepository, *, look_up: LookUp) -> bool:
    """Whether a former address leads to this repository or nowhere; it may be another repository's by now."""
    try:
        current = look_up(path_of(address))
    except CrawlError as error:
        return error.code in ("not-found", "gone")
    return current is not None and current.id == repository.id


def _record(repository: ListedRepository, *, origin: str, url: str) -> SourceRecord:
    facts = without_foreign_addresses(repository.facts, origin=origin)
    return SourceRecord(
        uri=repository.uri,
        format=repository.forge,
        content=msgspec.json.encode(facts, order="deterministic"),
        repository=url,
        fetched=datetime.now(UTC),
    )


def _closing(
    repository: ListedRepository, http: Http, *, url: str, marker: Marker, aliases: tuple[str, ...]
) -> Iterator[Event]:
    """The records of the files, if they may have changed since `marker`, and the closing event."""
    unchanged = bool(repository.state) and repository.state == marker.state
    if repository.empty or (unchanged and marker.commit == EMPTY):
        new = Marker(repository.state, EMPTY, repository.id)
        yield Crawled(repository=url, marker=str(new), aliases=aliases, empty=True)
        return
    if unchanged and marker.commit:
        new = Marker(repository.state, marker.commit, repository.id)
        yield Unchanged(repository=url, marker=str(new), aliases=aliases)
        return
    for event in read_files(url, http, known=marker.commit, forge=repository.forge):
        # Whatever address Git redirects to: the forge says which repository this is.
        if isinstance(event, Crawled | Unchanged):
            new = Marker(repository.state, event.marker or EMPTY, repository.id)
            yield msgspec.structs.replace(event, repository=url, marker=str(new), aliases=aliases)
        else:
            yield msgspec.structs.replace(event, repository=url)
