"""All crawlers by the kind of their sources, and which of them reads a given address."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges import events
from crawlers.forges.addresses import canonical, place
from crawlers.forges.forge import REPOSITORY, Forge, Probe
from crawlers.forges.registry import FORGES
from crawlers.net.address import split
from crawlers.net.http import Http
from crawlers.source import Source, Task

# Kinds of sources that are no forge. The kinds of forges stand in crawlers/forges/registry.py.
CRAWLERS: dict[str, Callable[[Source, Http], Iterator[Task]]] = {REPOSITORY: events.plain}
_PROBE_SECONDS = 8.0
_PROBE_BYTES = (
    65_536  # a version is short: megabytes of brackets would become hundreds of megabytes of objects
)
# Errors by which a host that is no forge may answer a request for an API. With others it cannot be reached at
# all.
_NO_FORGE_CODES = {"timeout", "server-error", "truncated", "too-large", "encoding", "not-json"}


def crawl(source: Source, http: Http) -> Iterator[Task]:
    """The repositories that a source shows. KeyError for a kind that nobody reads."""
    if source.kind in FORGES:
        yield from events.crawl(source, http, forge=FORGES[source.kind])
    else:
        yield from CRAWLERS[source.kind](source, http)


def recognise(url: str, http: Http) -> str:
    """The kind of source for the host in `url`: by its name, or by its API's answers; else "repository"."""
    origin = place(url).origin
    authority = split(origin).authority
    for forge in FORGES.values():
        if authority in forge.hosts:
            return forge.name
    for forge in FORGES.values():
        if forge.version_path and forge.recognises(_probe(origin + forge.version_path, http)):
            return forge.name
    return REPOSITORY


def source_for(url: str, http: Http) -> Source:
    """The source that an address means: a repository, or all that an owner or a whole forge has.

    CrawlError if it is no address, if there is no such owner, or if it names a host that is no forge without
    a repository.
    """
    kind = recognise(url, http)
    if kind == REPOSITORY:
        origin, segments = place(url)
        if not segments:
            raise CrawlError("unknown-forge", host=split(origin).host)
        return Source(kind=kind, url=canonical(url))
    forge = FORGES[kind]
    scope = forge.scope(place(url), http)
    return Source(kind=kind, url=_address(url, forge, scope=scope), options={"scope": scope})


def _address(url: str, forge: Forge, *, scope: str) -> str:
    """The one spelling of a source's address."""
    if scope == REPOSITORY:
        return canonical(url)
    origin, segments = place(url)
    if scope == "instance":
        return f"{origin}/"
    if len(segments) > 1 and segments[0] in forge.owner_prefixes:
        segments = segments[1:]
    return f"{origin}/{quote('/'.join(segments))}"


def _probe(url: str, http: Http) -> Probe:
    try:
        response = http.session(url, deadline=_PROBE_SECONDS).get(url, allow_redirects=False)
    except CrawlError as error:
        if error.code not in _NO_FORGE_CODES:
            raise
        return Probe()
    content: object = None
    if len(response.content) < _PROBE_BYTES:
        with contextlib.suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            content = msgspec.json.decode(response.content)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Probe(response.status_code, headers, content)
