"""GitLab (openCode): a group with its subgroups, a user, a project or an instance, by API v4."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from crawlers.faults import CrawlError
from crawlers.forges.forge import (
    FACTS_BYTES,
    FACTS_SECONDS,
    REPOSITORY,
    Forge,
    ListedRepository,
    Place,
    Probe,
    Tokens,
    no_such_owner,
)
from crawlers.forges.listing import date_sent, pages, selected_facts, state
from crawlers.net.http import Http

_PAGE = "visibility=public&order_by=id&sort=asc&per_page=100"
_LISTINGS = {
    "group": (f"/groups/{{}}/projects?include_subgroups=true&with_shared=false&{_PAGE}",),
    # Without a token the answer does not say which projects are archived, but either kind may be asked for.
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


def _listing(scope: str, place: Place, http: Http) -> Iterator[ListedRepository | None]:
    owner = quote("/".join(_owner(place.segments)), safe="")
    for query in _LISTINGS[scope]:
        for page, now in pages(_api(place.origin) + query.format(owner), http):
            for item in page:
                yield _repository(item, origin=place.origin, now=now, query=query)


def _look_up(origin: str, path: str, http: Http) -> ListedRepository | None:
    url = f"{_api(origin)}/projects/{quote(path, safe='')}?license=true"
    response = http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
    return _repository(response.json(), origin=origin, now=date_sent(response.headers))


def _scope(place: Place, http: Http) -> str:
    """The kind of an address. Groups, users and projects look alike, so GitLab is asked.

    Where it does not answer, an address of several parts counts as a project.
    """
    origin, segments = place
    owner = _owner(segments)
    if not owner:
        return "instance"
    name = quote("/".join(owner), safe="")
    if owner == segments and len(owner) > 1:
        try:
            is_project = _exists(f"{_api(origin)}/projects/{name}", http)
            is_group = not is_project and _exists(f"{_api(origin)}/groups/{name}", http)
        except CrawlError:
            return REPOSITORY
        return "group" if is_group else REPOSITORY
    if segments[0] != "users" and _exists(f"{_api(origin)}/groups/{name}?with_projects=false", http):
        return "group"
    if segments[0] != "groups":
        users = http.get(f"{_api(origin)}/users?username={name}").json()
        if isinstance(users, list) and users:
            return "user"
    raise no_such_owner(f"{origin}/{'/'.join(segments)}")


def _owner(segments: list[str]) -> list[str]:
    """The owner's path: without the `groups` or `users` that may stand before it; empty for `/explore`."""
    if segments[:1] == ["explore"] or segments == ["projects"]:
        return []
    if segments[:1] in (["groups"], ["users"]) and len(segments) > 1:
        return segments[1:]
    return segments


def _exists(url: str, http: Http) -> bool:
    try:
        http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
    except CrawlError as error:
        if error.code != "not-found":
            raise
        return False
    return True


def _api(origin: str) -> str:
    return f"{origin}/api/v4"


def _repository(data: Any, *, origin: str, now: datetime, query: str = "") -> ListedRepository | None:
    """A project object of the API; None if not everybody may see its files, or if it is about to be deleted.

    `query` is that of the listing: it says whether its projects are archived where they themselves do not.
    """
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("path_with_namespace"), str)
        or not isinstance(data.get("id"), int)
    ):
        raise CrawlError("not-json", url=_api(origin))
    if data.get("visibility", "public") != "public":
        return None
    if data.get("repository_access_level") in ("disabled", "private"):
        return None
    if data.get("marked_for_deletion_on") or data.get("marked_for_deletion_at"):
        return None
    if "archived=" in query:
        data = {"archived": "archived=true" in query, **data}
    return ListedRepository(
        id=str(data["id"]),
        path=data["path_with_namespace"],
        uri=f"{_api(origin)}/projects/{data['id']}",
        facts=selected_facts(data, _FACTS, activity=_ACTIVITY),
        state=state(data.get("last_activity_at"), data.get("default_branch"), now=now, settled=_SETTLED),
        empty=data.get("empty_repo") is True,
    )


def _recognises(probe: Probe) -> bool:
    """Whether it is GitLab's version, or its refusal to show that without signing in."""
    if probe.status == 200:
        return isinstance(probe.content, dict) and {"version", "revision"} <= probe.content.keys()
    refused = "x-gitlab-meta" in probe.headers or probe.content == {"message": "401 Unauthorized"}
    return probe.status in (401, 403) and refused


FORGE = Forge(
    name="gitlab",
    label="GitLab",
    scope=_scope,
    listing=_listing,
    look_up=_look_up,
    addresses=("web_url", "http_url_to_repo"),
    hosts=(
        "gitlab.com",
        "gitlab.opencode.de",
        "code.europa.eu",
        "framagit.org",
        "gitlab.gnome.org",
        "gitlab.freedesktop.org",
        "invent.kde.org",
        "salsa.debian.org",
    ),
    host_labels=("gitlab",),
    version_path="/api/v4/version",
    recognises=_recognises,
    file_page="/-/blob/{commit}/{path}",
    raw_file="/-/raw/{commit}/{path}",
    # No project can have these names.
    views=tuple((name,) for name in ("-", "tree", "blob", "raw", "blame", "commits", "edit", "wikis")),
    owner_prefixes=("groups", "users"),
    ssh_users=("gitlab",),
    tokens=Tokens(
        setting="gitlab_tokens",
        help="host=token for GitLab instances, separated by blanks.",
        host="gitlab.com",
    ),
)
