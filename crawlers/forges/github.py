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
from crawlers.forges.forge import (
    FACTS_SECONDS,
    REPOSITORY,
    Forge,
    ListedRepository,
    Place,
    Tokens,
    no_such_owner,
)
from crawlers.forges.listing import MOST_PAGES, date_sent, selected_facts, state
from crawlers.net.address import shown, split
from crawlers.net.http import Http

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


def _scope(place: Place, http: Http) -> str:
    """The kind of an address: by its path, and by asking whether an owner is an organisation."""
    if place.origin != _ORIGIN:
        raise CrawlError("unknown-forge", host=split(place.origin).host)
    segments = place.segments
    if segments[:1] == ["orgs"] and len(segments) > 1:
        return "organisation"
    if len(segments) > 1:
        return REPOSITORY
    if not segments:
        raise no_such_owner(place.origin)
    try:
        owner, _ = _get(f"/users/{quote(segments[0])}", requester=_requester(http))
    except CrawlError as error:
        if error.code == "not-found":
            raise no_such_owner(f"{place.origin}/{segments[0]}") from error
        raise
    is_organisation = isinstance(owner, dict) and owner.get("type") == "Organization"
    return "organisation" if is_organisation else "user"


def _look_up(origin: str, path: str, http: Http) -> ListedRepository | None:
    requester = _requester(http, deadline=FACTS_SECONDS, patience=0)
    data, headers = _get(f"/repos/{quote(path)}", requester=requester)
    return _repository(data, headers)


def _listing(scope: str, place: Place, http: Http) -> Iterator[ListedRepository | None]:
    """The public repositories of an owner, the oldest first: a new one does not shift the following pages."""
    if place.origin != _ORIGIN:
        raise CrawlError("unknown-forge", host=split(place.origin).host)
    path, parameters = _LISTINGS[scope]
    owner = place.segments[-1]
    listing = PaginatedList(
        contentClass=_ListingItem,
        requester=_requester(http),
        firstUrl=path.format(quote(owner)),
        firstParams={**parameters, **_ORDER},
        headers=_ACCEPT,
    )
    with _crawl_errors(path.format(owner)):
        for item in listing:
            yield _repository(item.raw_data, item.raw_headers)


def _repository(data: Any, headers: dict[str, Any]) -> ListedRepository | None:
    """A repository object of the API; None if not everybody may read it."""
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("full_name"), str)
        or not isinstance(data.get("id"), int)
    ):
        raise CrawlError("not-json", url=API)
    if data.get("private") or data.get("disabled") or data.get("visibility", "public") != "public":
        return None
    return ListedRepository(
        id=str(data["id"]),
        path=data["full_name"],
        uri=f"{API}/repos/{quote(data['full_name'])}",
        facts=selected_facts(data, _FACTS, activity=_ACTIVITY),
        state=state(
            data.get("pushed_at"), data.get("default_branch"), now=date_sent(headers), settled=_SETTLED
        ),
    )


# PyGithub


class _ListingItem(NonCompletableGithubObject):
    """A repository of a listing. PyGithub's own class requests every attribute that a listing lacks."""

    def _initAttributes(self) -> None: ...
    def _useAttributes(self, attributes: dict[str, Any]) -> None: ...


class _Requester(Requester):
    """A class of our own: PyGithub keeps the connection classes on the class, for all who use it."""


def _get(path: str, *, requester: Requester) -> tuple[Any, dict[str, Any]]:
    """The JSON at a path of the API, and the headers of the answer."""
    with _crawl_errors(path):
        headers, answer = requester.requestJsonAndCheck("GET", path, headers=dict(_ACCEPT))
    return answer, headers


def _requester(http: Http, *, deadline: float | None = None, patience: float | None = None) -> Requester:
    """PyGithub's requester, with connections that lead through `http` and to the API's host only."""
    session = http.session(API, deadline=deadline, patience=patience)
    requested: set[str] = set()

    class Connection:
        def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
            if (host, port or 443) != (split(API).host, 443):
                raise CrawlError("not-json", url=API)
            self.host = host

        def request(
            self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False
        ) -> None:
            if url in requested or len(requested) == MOST_PAGES:  # pages that never end
                raise CrawlError("not-json", url=shown(API + url))
            requested.add(url)
            self._request = requests.Request(verb, API + url, headers=headers)

        def getresponse(self) -> RequestsResponse:
            response = session.send(session.prepare_request(self._request), allow_redirects=True)
            return RequestsResponse(_checked(response))

        def close(self) -> None: ...

    class Bound(_Requester): ...

    Bound.injectConnectionClasses(
        cast(type[HTTPRequestsConnectionClass], Connection),
        cast(type[HTTPSRequestsConnectionClass], Connection),
    )
    return Bound(
        auth=None,  # `http` adds the token, so that PyGithub has none to log
        base_url=API,
        timeout=15,
        user_agent=http.policy.user_agent,
        per_page=100,
        verify=True,
        retry=None,
        pool_size=None,
        api_version="2022-11-28",
    )


def _checked(response: requests.Response) -> requests.Response:
    """The response if it is a success with JSON in it; else the CrawlError that it stands for."""
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
def _crawl_errors(path: str) -> Iterator[None]:
    """Raises what PyGithub and requests find wrong with an answer as a CrawlError."""
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


FORGE = Forge(
    name="github",
    label="GitHub",
    scope=_scope,
    listing=_listing,
    look_up=_look_up,
    addresses=("html_url", "clone_url"),
    hosts=("github.com",),
    file_page="/blob/{commit}/{path}",
    raw_file="/raw/{commit}/{path}",
    owner_prefixes=("orgs",),
    owners_not={
        "github.com": frozenset(
            "orgs topics users settings marketplace features sponsors search collections apps".split()
        )
    },
    ignores_case=("github.com",),
    tokens=Tokens(
        setting="github_token",
        help="A token for api.github.com: 5,000 instead of 60 requests an hour.",
        host="api.github.com",
    ),
)
