"""What the three kinds of forges have in common: their addresses, the markers, and the events of one repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges.listing import own
from crawlers.git.repository import read_files
from crawlers.net.address import canonical, shown, split
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged

FACTS_SECONDS = 5.0  # how long a single repository waits for what its forge says of it
FACTS_BYTES = 500_000
_NONE = "-"
_EMPTY = "empty"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A repository as its forge lists it.

    `path` is its full name, `uri` its address in the API, `facts` what the record will say. `state` is a text that changes
    whenever the files may have changed, "" where the forge cannot tell.
    """

    forge: str
    id: str
    path: str
    uri: str
    facts: dict[str, Any]
    state: str = ""
    empty: bool = False


Look = Callable[[str], Found | None]  # from a full name to what the forge says now; None if it is not public


class Marker(msgspec.Struct, frozen=True):
    """What is remembered of a repository from one crawl to the next; written as three words. A bare commit is one too.

    >>> str(Marker("2026-02-03T04:05:06Z@main", "1f0e", "42"))
    '2026-02-03T04:05:06Z@main 1f0e 42'
    >>> Marker.read("1f0e")
    Marker(state='', commit='1f0e', id='')
    """

    state: str = ""
    commit: str = ""
    id: str = ""

    def __str__(self) -> str:
        return " ".join(word or _NONE for word in (self.state, self.commit, self.id))

    @staticmethod
    def read(text: str) -> Marker:
        words = ["" if word == _NONE else word for word in text.split(" ")]
        return Marker(*words) if len(words) == 3 else Marker(commit=words[0]) if len(words) == 1 else Marker()


class Known:
    """The markers of earlier crawls at one origin, by address and by the forge's numeric id."""

    def __init__(self, known: Mapping[str, str], *, origin: str) -> None:
        self._markers = {
            url: Marker.read(text) for url, text in known.items() if url.startswith(origin + "/")
        }
        self._addresses: dict[str, list[str]] = {}
        for url, marker in self._markers.items():
            if marker.id:
                self._addresses.setdefault(marker.id, []).append(url)

    def marker(self, url: str, *, id: str = "") -> Marker:
        """The marker of a repository, which may have had another address. Another repository's is not taken for its."""
        marker = self._markers.get(url, Marker())
        if not id or (marker.commit and marker.id in ("", id)):
            return marker
        return max(
            (self._markers[old] for old in self._addresses.get(id, ())),
            key=lambda old: old.state,
            default=Marker(),
        )

    def former(self, url: str, *, id: str) -> list[str]:
        """The addresses under which a repository was known before; none once it is known under `url`."""
        addresses = self._addresses.get(id, [])
        return [] if url in addresses else addresses


def listed(source: Source, http: Http, *, found: Iterable[Found | None], look: Look) -> Iterator[Event]:
    """The events of all that a listing shows, each repository once; CrawlError "no-such-owner" if there is no such listing."""
    origin, _ = place(source.url)
    known, seen = Known(source.known, origin=origin), set[str]()
    try:
        for one in found:
            if one is not None and one.id not in seen:
                seen.add(one.id)
                yield from events(one, origin=origin, known=known, http=http, look=look)
    except CrawlError as error:
        raise nobody(source.url) if error.code == "not-found" and not seen else error from error


def events(
    found: Found, *, origin: str, known: Known, http: Http, look: Look, renamed: tuple[str, ...] = ()
) -> Iterator[Event]:
    """The forge's record of a repository, its files unless nothing has changed, and the closing event.

    `renamed` are addresses that have led here.
    """
    try:
        url = canonical(f"{origin}/{quote(found.path)}")
    except CrawlError as error:
        yield Failed(repository=shown(f"{origin}/{found.path}"), error=error)
        return
    former = [
        old
        for old in known.former(url, id=found.id)
        if old not in renamed and _left(old, found, origin=origin, look=look)
    ]
    aliases = tuple(
        dict.fromkeys(
            (f"{split(origin).authority}#{found.id}", *(old for old in (*renamed, *former) if old != url))
        )
    )
    marker = known.marker(url, id=found.id)
    yield SourceRecord(
        uri=found.uri,
        format=found.forge,
        content=msgspec.json.encode(own(found.facts, origin=origin), order="deterministic"),
        repository=url,
        fetched=datetime.now(UTC),
    )
    same = bool(found.state) and found.state == marker.state
    if found.empty or (same and marker.commit == _EMPTY):
        yield Crawled(
            repository=url, marker=str(Marker(found.state, _EMPTY, found.id)), aliases=aliases, empty=True
        )
    elif same and marker.commit:
        yield Unchanged(
            repository=url, marker=str(Marker(found.state, marker.commit, found.id)), aliases=aliases
        )
    else:
        for event in read_files(url, http, known=marker.commit, forge=found.forge):
            if isinstance(
                event, Crawled | Unchanged
            ):  # whatever Git redirects to: the forge says which repository this is
                new = Marker(found.state, event.marker or _EMPTY, found.id)
                yield msgspec.structs.replace(event, repository=url, marker=str(new), aliases=aliases)
            else:
                yield msgspec.structs.replace(event, repository=url)


def single(source: Source, http: Http, *, forge: str, look: Look) -> Iterator[Event]:
    """The one repository at `source.url`: with the forge's facts if they come within seconds, without them if not."""
    asked = canonical(source.url)
    origin = split(asked).origin
    known = Known(source.known, origin=origin)
    try:
        found = look(path_of(asked))
    except CrawlError:
        found = None
    if found is not None:
        yield from events(found, origin=origin, known=known, http=http, look=look, renamed=(asked,))
        return
    marker = known.marker(asked)
    for event in read_files(asked, http, known=marker.commit, forge=forge):
        if isinstance(event, Crawled | Unchanged):
            commit = event.marker or _EMPTY
            event = msgspec.structs.replace(event, marker=str(Marker(commit=commit, id=marker.id)))
        yield event


def _left(old: str, found: Found, *, origin: str, look: Look) -> bool:
    """Whether an old address leads to this repository or nowhere: it may have been given to another one since."""
    try:
        there = look(path_of(old))
    except CrawlError as error:
        return error.code in ("not-found", "gone")
    return there is not None and there.id == found.id


# Addresses


def place(url: str) -> tuple[str, list[str]]:
    """The origin and the path segments of the address of a repository, an owner or a whole forge, as people write it."""
    written = url.strip()
    if "://" not in written and "@" not in written:
        written = f"https://{written}"
    try:
        address = split(canonical(written))
    except CrawlError as error:
        if error.code != "not-a-repository":
            raise
        address = split(written)
        host = re.sub(r"^www\.(?=[^.]+\.)", "", address.host)
        usual = address.scheme == "http" and address.port == 80
        address = msgspec.structs.replace(
            address,
            host=host,
            scheme="https" if usual else address.scheme,
            port=443 if usual else address.port,
        )
    return address.origin, [unquote(segment) for segment in address.path.split("/") if segment]


def path_of(url: str) -> str:
    """The full name in the address of a repository."""
    return unquote(split(url).path.strip("/"))


def nobody(url: str) -> CrawlError:
    """The error for an address at which there is nothing to list."""
    return CrawlError("no-such-owner", url=shown(url))
