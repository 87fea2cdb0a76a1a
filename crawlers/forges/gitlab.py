"""GitLab (gitlab.com, openCode): a group with its subgroups, a user, a single project or a whole instance, by API v4."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from crawlers.faults import CrawlError
from crawlers.forges import events
from crawlers.forges.events import FACTS_BYTES, FACTS_SECONDS, Found
from crawlers.forges.listing import pages, reduced, sent, state
from crawlers.net.http import Http
from crawlers.source import Event, Source

_PAGE = "visibility=public&order_by=id&sort=asc&per_page=100"
_LISTINGS = {
    "group": (f"/groups/{{}}/projects?include_subgroups=true&with_shared=false&{_PAGE}",),
    # Whoever has no token is not told here which projects are archived, but may ask for the one kind or the other.
    "user": (f"/users/{{}}/projects?archived=false&{_PAGE}", f"/users/{{}}/projects?archived=true&{_PAGE}"),
    "instance": (
        f"/projects?archived=false&pagination=keyset&{_PAGE}",
        f"/projects?archived=true&pagination=keyset&{_PAGE}",
    ),
}
# The API's own names.
_FACTS = (
    "id",
    "name",
    "path_with_namespace",
    "description",
    "topics",
    "license.key",
    "license.name",
    "archived",
    "empty_repo",
    "mirror",
    "default_branch",
    "created_at",
    "visibility",
    "web_url",
    "http_url_to_repo",
    "issues_enabled",
    "issues_access_level",
    "namespace.name",
    "namespace.kind",
    "namespace.full_path",
    "namespace.web_url",
    "forked_from_project.path_with_namespace",
    "forked_from_project.web_url",
)
_ACTIVITY = ("last_activity_at", "star_count", "forks_count")
_SETTLED = timedelta(hours=2)  # GitLab notes a push only if the last activity is more than an hour ago


def crawl(source: Source, http: Http) -> Iterator[Event]:
    """What `source.options["scope"]` says: "group", "user", "instance" or "repository"; asked for if it is missing."""
    origin, segments = events.place(source.url)
    kind = source.options.get("scope") or scope(source.url, http)

    def look(path: str) -> Found | None:
        url = f"{_api(origin)}/projects/{quote(path, safe='')}?license=true"
        response = http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
        return _found(response.json(), origin=origin, now=sent(response.headers))

    if kind == "repository":
        yield from events.single(source, http, forge="gitlab", look=look)
    else:
        yield from events.listed(source, http, found=_listed(kind, origin, segments, http), look=look)


def _listed(kind: str, origin: str, segments: list[str], http: Http) -> Iterator[Found | None]:
    owner = quote("/".join(_owner(segments)), safe="")
    for listing in _LISTINGS[kind]:
        for page, now in pages(_api(origin) + listing.format(owner), http):
            for item in page:
                yield _found(item, origin=origin, now=now, listing=listing)


def scope(url: str, http: Http) -> str:
    """What lies at an address. Groups, users and projects look alike, so GitLab is asked.

    Where it does not answer, an address of several parts counts as a project.
    """
    origin, segments = events.place(url)
    owner = _owner(segments)
    if not owner:
        return "instance"
    name = quote("/".join(owner), safe="")
    if owner == segments and len(owner) > 1:
        try:
            if _there(f"{_api(origin)}/projects/{name}", http) or not _there(
                f"{_api(origin)}/groups/{name}", http
            ):
                return "repository"
        except CrawlError:
            return "repository"
        return "group"
    if segments[0] != "users" and _there(f"{_api(origin)}/groups/{name}?with_projects=false", http):
        return "group"
    users = http.get(f"{_api(origin)}/users?username={name}").json() if segments[0] != "groups" else []
    if isinstance(users, list) and users:
        return "user"
    raise events.nobody(url)


def _owner(segments: list[str]) -> list[str]:
    """The path without what only leads to it: `/groups/town/it`, `/users/name`, `/explore`."""
    if segments[:1] == ["explore"] or segments == ["projects"]:
        return []
    return segments[1:] if segments[:1] in (["groups"], ["users"]) and len(segments) > 1 else segments


def _there(url: str, http: Http) -> bool:
    try:
        http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
    except CrawlError as error:
        if error.code != "not-found":
            raise
        return False
    return True


def _api(origin: str) -> str:
    return f"{origin}/api/v4"


def _found(data: Any, *, origin: str, now: datetime, listing: str = "") -> Found | None:
    """A project object of the API; None if not everybody may see its files, or if it is about to be deleted."""
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("path_with_namespace"), str)
        or not isinstance(data.get("id"), int)
    ):
        raise CrawlError("not-json", url=_api(origin))
    hidden = data.get("visibility", "public") != "public" or data.get("repository_access_level") in (
        "disabled",
        "private",
    )
    if hidden or data.get("marked_for_deletion_on") or data.get("marked_for_deletion_at"):
        return None
    if "archived=" in listing:
        data = {"archived": "archived=true" in listing, **data}
    return Found(
        forge="gitlab",
        id=str(data["id"]),
        path=data["path_with_namespace"],
        uri=f"{_api(origin)}/projects/{data['id']}",
        facts=reduced(data, _FACTS, activity=_ACTIVITY),
        state=state(data.get("last_activity_at"), data.get("default_branch"), now=now, settled=_SETTLED),
        empty=data.get("empty_repo") is True,
    )
