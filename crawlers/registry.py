"""All crawlers by name, and which of them reads a given address."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges import gitea, github, gitlab
from crawlers.forges.places import place
from crawlers.git import repository
from crawlers.net.address import canonical, split
from crawlers.net.http import Http
from crawlers.source import Event, Source

CRAWLERS: dict[str, Callable[[Source, Http], Iterator[Event]]] = {
    "repository": repository.crawl,
    "github": github.crawl,
    "gitlab": gitlab.crawl,
    "gitea": gitea.crawl,
}
# Hosts whose forge is known without a request.
HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "gitlab.opencode.de": "gitlab",
    "code.europa.eu": "gitlab",
    "framagit.org": "gitlab",
    "gitlab.gnome.org": "gitlab",
    "gitlab.freedesktop.org": "gitlab",
    "invent.kde.org": "gitlab",
    "salsa.debian.org": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
_SCOPES: dict[str, Callable[[str, Http], str]] = {
    "github": github.scope,
    "gitlab": gitlab.scope,
    "gitea": gitea.scope,
}
_OWNER_PREFIXES = {"orgs", "org", "users", "user", "groups"}
_PROBE_SECONDS = 8.0
_PROBE_BYTES = (
    65_536  # a version is short: megabytes of brackets would become hundreds of megabytes of objects
)
# Errors by which a host that is no forge may answer a request for an API. With others it cannot be reached at
# all.
_NO_FORGE_CODES = {"timeout", "server-error", "truncated", "too-large", "encoding", "not-json"}


class _Probe(msgspec.Struct, frozen=True):
    """The answer to a request for a forge's version: names of headers in lower case, `content` decoded JSON.

    `status` is 0 where there was no answer that says anything about a forge.
    """

    status: int = 0
    headers: dict[str, str] = {}
    content: object = None


def recognise(url: str, http: Http) -> str:
    """The key of CRAWLERS for the host in `url`: by its name, or by its API's answers; else "repository"."""
    origin, _ = place(url)
    host = split(origin)
    if host.authority in HOSTS:
        return HOSTS[host.authority]
    if _is_gitlab(_probe(f"{origin}/api/v4/version", http)):
        return "gitlab"
    if _is_gitea(_probe(f"{origin}/api/v1/version", http)):
        return "gitea"
    return "repository"


def source_for(url: str, http: Http) -> Source:
    """The source that an address means: a repository, or all that an owner or a whole forge has.

    CrawlError if it is no address, if there is no such owner, or if it names a host that is no forge without
    a repository.
    """
    kind = recognise(url, http)
    if kind == "repository":
        origin, segments = place(url)
        if not segments:
            raise CrawlError("unknown-forge", host=split(origin).host)
        return Source(kind=kind, url=canonical(url))
    scope = _SCOPES[kind](url, http)
    return Source(kind=kind, url=_address(url, scope=scope), options={"scope": scope})


def _address(url: str, *, scope: str) -> str:
    """The one spelling of a source's address."""
    if scope == "repository":
        return canonical(url)
    origin, segments = place(url)
    if scope == "instance":
        return f"{origin}/"
    if len(segments) > 1 and segments[0] in _OWNER_PREFIXES:
        segments = segments[1:]
    return f"{origin}/{quote('/'.join(segments))}"


def _probe(url: str, http: Http) -> _Probe:
    try:
        response = http.session(url, deadline=_PROBE_SECONDS).get(url, allow_redirects=False)
    except CrawlError as error:
        if error.code not in _NO_FORGE_CODES:
            raise
        return _Probe()
    content: object = None
    if len(response.content) < _PROBE_BYTES:
        with contextlib.suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            content = msgspec.json.decode(response.content)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return _Probe(response.status_code, headers, content)


def _is_gitlab(probe: _Probe) -> bool:
    """Whether it is GitLab's version, or its refusal to show that without signing in."""
    if probe.status == 200:
        return isinstance(probe.content, dict) and {"version", "revision"} <= probe.content.keys()
    refused = "x-gitlab-meta" in probe.headers or probe.content == {"message": "401 Unauthorized"}
    return probe.status in (401, 403) and refused


def _is_gitea(probe: _Probe) -> bool:
    """Whether it is Gitea's or Forgejo's version, or an error that names the description of its API."""
    if not isinstance(probe.content, dict):
        return False
    if probe.status == 200 and probe.content.keys() == {"version"}:
        return True
    return str(probe.content.get("url", "")).endswith("/api/swagger")
