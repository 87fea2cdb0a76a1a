"""Crawling a forge.

Its listing, and of each repository the forge's record, the files that Git has, the closing event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges.addresses import canonical, file_page, path_of, place
from crawlers.forges.forge import REPOSITORY, Forge, ListedRepository, no_such_owner
from crawlers.forges.listing import without_foreign_addresses
from crawlers.forges.markers import EMPTY, KnownMarkers, Marker
from crawlers.git.repository import read_files
from crawlers.net.address import shown, split
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Task, Unchanged


def crawl(source: Source, http: Http, *, forge: Forge) -> Iterator[Task]:
    """The repositories at `source.url`, which is what `source.options["scope"]` names, or the forge.

    Each once. CrawlError "no-such-owner" if the listing is not found.
    """
    where = place(source.url)
    scope = source.options.get("scope") or forge.scope(where, http)
    reader = Reader(forge, where.origin, source)
    if scope == REPOSITORY:
        yield Task(url=canonical(source.url), read=lambda run_http: reader.single(source.url, run_http))
        return
    seen: set[str] = set()
    try:
        for repository in forge.listing(scope, where, http):
            if repository is not None and repository.id not in seen:
                seen.add(repository.id)
                yield Task(
                    url=f"{where.origin}/{quote(repository.path)}", read=partial(reader.listed, repository)
                )
    except CrawlError as error:
        if error.code == "not-found" and not seen:
            raise no_such_owner(source.url) from error
        raise


def plain(source: Source, http: Http) -> Iterator[Task]:
    """The one repository at `source.url`, on a host of which nothing is known.

    CrawlError if it is no address of one.
    """
    url = canonical(source.url)
    yield Task(
        url=url,
        read=lambda run_http: read_files(
            url, run_http, known=source.known, files=source.files, page=file_page
        ),
    )


class Reader:
    """Reads the repositories of one source on one forge."""

    def __init__(self, forge: Forge, origin: str, source: Source) -> None:
        self._forge = forge
        self._origin = origin
        self._files = source.files
        self._known = KnownMarkers(source.known, origin=origin)

    def listed(self, repository: ListedRepository, http: Http) -> Iterator[Event]:
        """The events of a repository of a listing."""
        yield from self._events(repository, http)

    def single(self, url: str, http: Http) -> Iterator[Event]:
        """The events of the one repository at `url`, with the forge's facts if they come in FACTS_SECONDS."""
        url = canonical(url)
        try:
            repository = self._forge.look_up(self._origin, path_of(url), http)
        except CrawlError:
            repository = None
        if repository is not None:
            yield from self._events(repository, http, redirecting=(url,))
            return
        marker = self._known.marker(url)
        for event in self._read_files(url, http, marker):
            if isinstance(event, Crawled | Unchanged):
                commit = event.marker or EMPTY
                event = msgspec.structs.replace(event, marker=str(Marker(commit=commit, id=marker.id)))
            yield event

    def _read_files(self, url: str, http: Http, marker: Marker) -> Iterator[Event]:
        page = partial(file_page, forge=self._forge)
        return read_files(url, http, known={url: marker.commit}, files=self._files, page=page)

    def _events(
        self, repository: ListedRepository, http: Http, *, redirecting: tuple[str, ...] = ()
    ) -> Iterator[Event]:
        """The forge's record of a repository, its files unless nothing has changed, and the closing event.

        `redirecting` are addresses that have led here.
        """
        try:
            url = canonical(f"{self._origin}/{quote(repository.path)}")
        except CrawlError as error:
            yield Failed(repository=shown(f"{self._origin}/{repository.path}"), error=error)
            return
        number = f"{split(self._origin).authority}#{repository.id}"
        former = [
            address
            for address in self._known.former_addresses(url, id=repository.id)
            if address not in redirecting and self._may_be_alias(address, repository, http)
        ]
        addresses = [address for address in (*redirecting, *former) if address != url]
        aliases = tuple(dict.fromkeys((number, *addresses)))
        yield self._record(repository, url=url)
        marker = self._known.marker(url, id=repository.id)
        yield from self._closing(repository, http, url=url, marker=marker, aliases=aliases)

    def _may_be_alias(self, address: str, repository: ListedRepository, http: Http) -> bool:
        """Whether a former address leads to this repository or nowhere.

        It may be another repository's by now.
        """
        try:
            current = self._forge.look_up(self._origin, path_of(address), http)
        except CrawlError as error:
            return error.code in ("not-found", "gone")
        return current is not None and current.id == repository.id

    def _record(self, repository: ListedRepository, *, url: str) -> SourceRecord:
        facts = without_foreign_addresses(repository.facts, self._forge.addresses, origin=self._origin)
        return SourceRecord(
            uri=repository.uri,
            format=self._forge.name,
            content=msgspec.json.encode({"id": repository.id, **facts}, order="deterministic"),
            repository=url,
            fetched=datetime.now(UTC),
        )

    def _closing(
        self, repository: ListedRepository, http: Http, *, url: str, marker: Marker, aliases: tuple[str, ...]
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
        for event in self._read_files(url, http, marker):
            # Whatever address Git redirects to: the forge says which repository this is.
            if isinstance(event, Crawled | Unchanged):
                new = Marker(repository.state, event.marker or EMPTY, repository.id)
                yield msgspec.structs.replace(event, repository=url, marker=str(new), aliases=aliases)
            else:
                yield msgspec.structs.replace(event, repository=url)
