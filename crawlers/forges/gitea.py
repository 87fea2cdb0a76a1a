"""Gitea and Forgejo (Codeberg): an organisation, a user, a repository or an instance, by API v1."""

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


def _listing(scope: str, place: Place, http: Http) -> Iterator[ListedRepository | None]:
    owner = place.segments[-1] if place.segments else ""
    url = _api(place.origin) + _LISTINGS[scope].format(quote(owner))
    key = "data" if scope == "instance" else ""
    for page, now in pages(url, http, key=key):
        for item in page:
            yield _repository(item, origin=place.origin, now=now)


def _look_up(origin: str, path: str, http: Http) -> ListedRepository | None:
    url = f"{_api(origin)}/repos/{quote(path)}"
    response = http.get(url, limit=FACTS_BYTES, deadline=FACTS_SECONDS, patience=0)
    return _repository(response.json(), origin=origin, now=date_sent(response.headers))


def _scope(place: Place, http: Http) -> str:
    """The kind of an address: by its path, and by asking whether an owner is an organisation."""
    origin, segments = place
    if not segments or segments[0] == "explore":
        return "instance"
    if segments[0] in ("org", "user") and len(segments) > 1:
        return "organisation" if segments[0] == "org" else "user"
    if len(segments) > 1:
        return REPOSITORY
    for kind, resource in (("organisation", "orgs"), ("user", "users")):
        try:
            http.get(f"{_api(origin)}/{resource}/{quote(segments[0])}")
        except CrawlError as error:
            if error.code != "not-found":
                raise
        else:
            return kind
    raise no_such_owner(f"{origin}/{segments[0]}")


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
        id=str(data["id"]),
        path=data["full_name"],
        uri=f"{_api(origin)}/repos/{quote(data['full_name'])}",
        facts=selected_facts(data, _FACTS, activity=_ACTIVITY),
        state=state(data.get("updated_at"), data.get("default_branch"), now=now, settled=_SETTLED),
        empty=data.get("empty") is True,
    )


def _recognises(probe: Probe) -> bool:
    """Whether it is Gitea's or Forgejo's version, or an error that names the description of its API."""
    if not isinstance(probe.content, dict):
        return False
    if probe.status == 200 and probe.content.keys() == {"version"}:
        return True
    return str(probe.content.get("url", "")).endswith("/api/swagger")


_NO_OWNERS = frozenset(("explore", "user", "org", "api"))
FORGE = Forge(
    name="gitea",
    label="Gitea/Forgejo",
    scope=_scope,
    listing=_listing,
    look_up=_look_up,
    addresses=("html_url", "clone_url"),
    hosts=("codeberg.org", "gitea.com"),
    host_labels=("gitea", "forgejo"),
    version_path="/api/v1/version",
    recognises=_recognises,
    file_page="/src/commit/{commit}/{path}",
    raw_file="/raw/commit/{commit}/{path}",
    views=(("src", "branch"), ("src", "commit"), ("src", "tag")),
    owner_prefixes=("org", "user"),
    ssh_users=("gitea", "forgejo"),
    owners_not={"codeberg.org": _NO_OWNERS, "gitea.com": _NO_OWNERS},
    tokens=Tokens(
        setting="gitea_tokens",
        help="host=token for Gitea and Forgejo instances, separated by blanks.",
        authorization="token {}",
        host="codeberg.org",
    ),
)
