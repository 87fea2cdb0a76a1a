"""Gitea and Forgejo (Codeberg): an organisation, a user, a repository or an instance, by API v1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from crawlers.faults import CrawlError
from crawlers.forges import events
from crawlers.forges.events import FACTS_BYTES, FACTS_SECONDS, ListedRepository
from crawlers.forges.listing import date_sent, pages, selected_facts, state
from crawlers.forges.places import no_such_owner, place
from crawlers.net.http import Http
from crawlers.source import Event, Source

_LISTINGS = {  # 50 is the most that an instance gives unless its operator allows more
    "organisation": "/orgs/{}/repos?page=1&limit=50",
    "user": "/users/{}/repos?page=1&limit=50",
    "instance": "/repos/search?private=false&sort=id&order=asc&page=1&limit=50",
}
# The API's own names.
_FACTS = (
    "id",
    "name",
    "full_name",
    "description",
    "topics",
    "licenses",
    "archived",
    "fork",
    "empty",
    "template",
    "mirror",
    "original_url",
    "default_branch",
    "created_at",
    "language",
    "website",
    "html_url",
    "clone_url",
    "has_issues",
    "owner.login",
    "owner.full_name",
    "owner.html_url",
    "parent.full_name",
    "parent.html_url",
)
_ACTIVITY = ("updated_at", "archived_at", "stars_count", "forks_count")
_SETTLED = timedelta(minutes=2)  # a push is noted by a queue


def crawl(source: Source, http: Http) -> Iterator[Event]:
    """The repositories at `source.url`, which is of the kind that `source.options["scope"]` names.

    That is "organisation", "user", "instance" or "repository"; without it the forge is asked.
    """
    origin, segments = place(source.url)
    kind = source.options.get("scope") or scope(source.url, http)

    def look_up(path: str) -> ListedRepository | None:
        url = f"{_api(origin)}/repos/{quote(path)}"
        response = http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
        return _repository(response.json(), origin=origin, now=date_sent(response.headers))

    if kind == "repository":
        yield from events.single(source, http, forge="gitea", look_up=look_up)
    else:
        owner = segments[-1] if segments else ""
        repositories = _listing(kind, http, origin=origin, owner=owner)
        yield from events.listed(source, http, repositories=repositories, look_up=look_up)


def _listing(kind: str, http: Http, *, origin: str, owner: str) -> Iterator[ListedRepository | None]:
    url = _api(origin) + _LISTINGS[kind].format(quote(owner))
    key = "data" if kind == "instance" else ""
    for page, now in pages(url, http, key=key):
        for item in page:
            yield _repository(item, origin=origin, now=now)


def scope(url: str, http: Http) -> str:
    """The kind of an address: by its path, and by asking whether an owner is an organisation."""
    origin, segments = place(url)
    if not segments or segments[0] == "explore":
        return "instance"
    if segments[0] in ("org", "user") and len(segments) > 1:
        return "organisation" if segments[0] == "org" else "user"
    if len(segments) > 1:
        return "repository"
    for kind, resource in (("organisation", "orgs"), ("user", "users")):
        try:
            http.get(f"{_api(origin)}/{resource}/{quote(segments[0])}")
        except CrawlError as error:
            if error.code != "not-found":
                raise
        else:
            return kind
    raise no_such_owner(url)


def _api(origin: str) -> str:
    return f"{origin}/api/v1"


def _repository(data: Any, *, origin: str, now: datetime) -> ListedRepository | None:
    """A repository object of the API; None if not everybody may see it."""
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("full_name"), str)
        or not isinstance(data.get("id"), int)
    ):
        raise CrawlError("not-json", url=_api(origin))
    if data.get("private") or data.get("internal"):
        return None
    return ListedRepository(
        forge="gitea",
        id=str(data["id"]),
        path=data["full_name"],
        uri=f"{_api(origin)}/repos/{quote(data['full_name'])}",
        facts=selected_facts(data, _FACTS, activity=_ACTIVITY),
        state=state(data.get("updated_at"), data.get("default_branch"), now=now, settled=_SETTLED),
        empty=data.get("empty") is True,
    )
