"""GitHub: an organisation, a user or a single repository, through PyGithub on the guarded way out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote

import msgspec
import requests
from github.GithubObject import NonCompletableGithubObject
from github.PaginatedList import PaginatedList
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from crawlers.faults import CrawlError
from crawlers.forges import events
from crawlers.forges.events import FACTS_SECONDS, Found
from crawlers.forges.listing import MOST_PAGES, reduced, sent, state
from crawlers.net.address import shown, split
from crawlers.net.http import Http
from crawlers.source import Event, Source

API = "https://api.github.com"
_ORIGIN = "https://github.com"
_LISTINGS = {
    "organisation": ("/orgs/{}/repos", {"type": "public"}),
    "user": ("/users/{}/repos", {"type": "owner"}),
}
_ORDER = {"sort": "created", "direction": "asc"}
_ACCEPT = {"Accept": "application/vnd.github+json"}
# The API's own names. `parent` is only shown of a single repository.
_FACTS = (
    "id",
    "name",
    "full_name",
    "description",
    "topics",
    "license.key",
    "license.name",
    "license.spdx_id",
    "archived",
    "fork",
    "is_template",
    "mirror_url",
    "default_branch",
    "created_at",
    "language",
    "visibility",
    "homepage",
    "html_url",
    "clone_url",
    "has_issues",
    "owner.login",
    "owner.type",
    "owner.html_url",
    "parent.full_name",
    "parent.html_url",
)
_ACTIVITY = ("pushed_at", "updated_at", "stargazers_count", "forks_count")
_SETTLED = timedelta(minutes=1)  # times are whole seconds, and Git may answer from a copy that is behind
_STATUS = {404: "not-found", 410: "gone"}


def crawl(source: Source, http: Http) -> Iterator[Event]:
    """What `source.options["scope"]` says: "organisation", "user" or "repository"; asked for if it is missing."""
    origin, segments = events.place(source.url)
    if origin != _ORIGIN:
        raise CrawlError("unknown-forge", host=split(origin).host)
    kind = source.options.get("scope") or scope(source.url, http)

    def look(path: str) -> Found | None:
        return _found(
            *_asked(f"/repos/{quote(path)}", requester=_requester(http, deadline=FACTS_SECONDS, patience=0))
        )

    if kind == "repository":
        yield from events.single(source, http, forge="github", look=look)
    else:
        yield from events.listed(source, http, found=_listed(kind, segments[-1], http), look=look)


def scope(url: str, http: Http) -> str:
    """What lies at an address: by its shape, and by asking whether an owner is an organisation."""
    _, segments = events.place(url)
    if segments[:1] == ["orgs"] and len(segments) > 1:
        return "organisation"
    if len(segments) > 1:
        return "repository"
    if not segments:
        raise events.nobody(url)
    try:
        owner, _ = _asked(f"/users/{quote(segments[0])}", requester=_requester(http))
    except CrawlError as error:
        raise events.nobody(url) if error.code == "not-found" else error from error
    return "organisation" if isinstance(owner, dict) and owner.get("type") == "Organization" else "user"


def _listed(kind: str, owner: str, http: Http) -> Iterator[Found | None]:
    """The public repositories of an owner, the oldest first, so that a new one does not shift the pages that are to come."""
    path, parameters = _LISTINGS[kind]
    listing = PaginatedList(
        _Repository, _requester(http), path.format(quote(owner)), {**parameters, **_ORDER}, headers=_ACCEPT
    )
    with _translated(path.format(owner)):
        for repository in listing:
            yield _found(repository.raw_data, repository.raw_headers)


def _found(data: Any, headers: dict[str, Any]) -> Found | None:
    """A repository object of the API; None if not everybody may read it."""
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("full_name"), str)
        or not isinstance(data.get("id"), int)
    ):
        raise CrawlError("not-json", url=API)
    if data.get("private") or data.get("disabled") or data.get("visibility", "public") != "public":
        return None
    return Found(
        forge="github",
        id=str(data["id"]),
        path=data["full_name"],
        uri=f"{API}/repos/{quote(data['full_name'])}",
        facts=reduced(data, _FACTS, activity=_ACTIVITY),
        state=state(data.get("pushed_at"), data.get("default_branch"), now=sent(headers), settled=_SETTLED),
    )


# PyGithub


class _Repository(NonCompletableGithubObject):
    """A repository of a listing. PyGithub's own class asks the API again for every attribute that a listing lacks."""

    def _initAttributes(self) -> None: ...
    def _useAttributes(self, attributes: dict[str, Any]) -> None: ...


class _Requester(Requester):
    """A class of its own, because PyGithub keeps connection classes on the class: its other users keep theirs."""


def _asked(path: str, *, requester: Requester) -> tuple[Any, dict[str, Any]]:
    """The answer to one question and its headers."""
    with _translated(path):
        headers, answer = requester.requestJsonAndCheck("GET", path, headers=dict(_ACCEPT))
    return answer, headers


def _requester(http: Http, *, deadline: float | None = None, patience: float | None = None) -> Requester:
    """PyGithub's way to ask, with connections that lead through `http` and to the API's host only."""
    session = http.session(API, deadline=deadline, patience=patience)
    asked: set[str] = set()

    class Connection:
        def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
            if (host, port or 443) != (split(API).host, 443):
                raise CrawlError("not-json", url=API)
            self.host = host

        def request(
            self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False
        ) -> None:
            if url in asked or len(asked) == MOST_PAGES:  # pages that never end
                raise CrawlError("not-json", url=shown(API + url))
            asked.add(url)
            self._question = requests.Request(verb, API + url, headers=headers)

        def getresponse(self) -> RequestsResponse:
            return RequestsResponse(
                _judged(session.send(session.prepare_request(self._question), allow_redirects=True))
            )

        def close(self) -> None: ...

    class Bound(_Requester): ...

    Bound.injectConnectionClasses(
        cast(type[HTTPRequestsConnectionClass], Connection),
        cast(type[HTTPSRequestsConnectionClass], Connection),
    )
    return Bound(
        auth=None,  # the way out adds the token, so that PyGithub has none to log
        base_url=API,
        timeout=15,
        user_agent=http.policy.user_agent,
        per_page=100,
        verify=True,
        retry=None,
        pool_size=None,
        api_version="2022-11-28",
    )


def _judged(response: requests.Response) -> requests.Response:
    """A whole answer in JSON, or the error that it is."""
    url = shown(response.url)
    if response.status_code >= 400:
        code = _STATUS.get(response.status_code, "refused")
        raise CrawlError(code, url=url, host=split(API).host, status=response.status_code)
    try:
        msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise CrawlError("not-json", url=url) from error
    if response.status_code != 200:  # PyGithub would wait and ask again for ever after a 202
        raise CrawlError("not-json", url=url)
    response.encoding = "utf-8"
    return response


@contextlib.contextmanager
def _translated(path: str) -> Iterator[None]:
    """Whatever PyGithub and requests do not like in an answer, as a CrawlError."""
    try:
        yield
    except requests.TooManyRedirects as error:
        raise CrawlError("redirects", url=API + path, limit=3) from error
    except (
        AssertionError,
        TypeError,
        ValueError,
        KeyError,
        RuntimeError,
        requests.RequestException,
    ) as error:
        raise CrawlError("not-json", url=API + path) from error
