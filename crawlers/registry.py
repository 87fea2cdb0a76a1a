"""All crawlers by name, and which of them reads a given address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges import events, gitea, github, gitlab
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
# Hosts that need not be asked what they are.
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
_LEAD_TO_OWNERS = {"orgs", "org", "users", "user", "groups"}
_SECONDS = 8.0
_SHORT = 65_536
# What a host that is no forge may do with a question for an API. Anything else says that it cannot be reached at all.
_NO_ANSWER = {"timeout", "server-error", "truncated", "too-large", "encoding", "not-json"}


def recognise(url: str, http: Http) -> str:
    """The key of CRAWLERS for the host in `url`: known by name, else by what its API answers, else "repository"."""
    origin, _ = events.place(url)
    host = split(origin)
    if host.authority in HOSTS:
        return HOSTS[host.authority]
    if _is_gitlab(*_probe(f"{origin}/api/v4/version", http)):
        return "gitlab"
    if _is_gitea(*_probe(f"{origin}/api/v1/version", http)):
        return "gitea"
    return "repository"


def source_for(url: str, http: Http) -> Source:
    """The source that an address means: a repository, or all that an owner or a whole forge has.

    CrawlError if the address is none, if nobody is there, or if it names a host that is no forge and no repository on it.
    """
    kind = recognise(url, http)
    if kind == "repository":
        origin, segments = events.place(url)
        if not segments:
            raise CrawlError("unknown-forge", host=split(origin).host)
        return Source(kind=kind, url=canonical(url))
    scope = _SCOPES[kind](url, http)
    return Source(kind=kind, url=_address(url, scope=scope), options={"scope": scope})


def _address(url: str, *, scope: str) -> str:
    """The one spelling of a source's address."""
    if scope == "repository":
        return canonical(url)
    origin, segments = events.place(url)
    if len(segments) > 1 and segments[0] in _LEAD_TO_OWNERS:
        segments = segments[1:]
    return origin + "/" + ("" if scope == "instance" else quote("/".join(segments)))


def _probe(url: str, http: Http) -> tuple[int, dict[str, str], object]:
    """Status, headers and JSON of an answer, whatever it is; status 0 if there is none that counts."""
    try:
        response = http.session(url, deadline=_SECONDS).get(url, allow_redirects=False)
    except CrawlError as error:
        if error.code not in _NO_ANSWER:
            raise
        return 0, {}, None
    try:  # a version is short: megabytes of brackets would be a hundred of objects
        said: object = msgspec.json.decode(response.content) if len(response.content) < _SHORT else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        said = None
    return response.status_code, {name.lower(): value for name, value in response.headers.items()}, said


def _is_gitlab(status: int, headers: dict[str, str], said: object) -> bool:
    """Its version, or the refusal to tell it to somebody who has not signed in."""
    if status == 200:
        return isinstance(said, dict) and {"version", "revision"} <= said.keys()
    return status in (401, 403) and ("x-gitlab-meta" in headers or said == {"message": "401 Unauthorized"})


def _is_gitea(status: int, headers: dict[str, str], said: object) -> bool:
    """Its version, or an error that names its API's description."""
    if not isinstance(said, dict):
        return False
    return (status == 200 and said.keys() == {"version"}) or str(said.get("url", "")).endswith("/api/swagger")
