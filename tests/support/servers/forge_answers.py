"""What GitHub, GitLab and Gitea answer, as their documentation says: paths, parameters, pages, fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from tests.support.servers.forge_model import API, MOST, Forge, Repository

Answered = tuple[int, dict[str, str], bytes]


@dataclass
class Call:
    """A question to a forge; `member` says whether a token came along."""

    forge: Forge
    path: str
    query: dict[str, str]
    member: bool

    def matched(self, pattern: str) -> list[str]:
        """The parts of a path like "orgs/*/repos", decoded; [] if it is another one."""
        found = re.fullmatch(API[self.forge.kind] + pattern.replace("*", "([^/]+)"), self.path)
        return [unquote(part) for part in found.groups()] or [self.path] if found else []

    def seen(self, of: Callable[[Repository], bool]) -> list[Repository]:
        return [one for one in self.forge.repositories if of(one) and (self.member or not one.private)]

    def owned(self, owner: str) -> list[Repository]:
        return self.seen(lambda one: one.owner == owner)

    def page(self, *, size: str) -> tuple[int, int]:
        """The number and the size of the page asked for."""
        most = MOST[self.forge.kind]
        default = 20 if self.forge.kind == "gitlab" else 30
        return int(self.query.get("page", 1)), max(1, min(int(self.query.get(size, default)), most))

    def link(self, size: str, numbers: dict[str, int]) -> dict[str, str]:
        links = []
        for name, number in numbers.items():
            address = self.forge.api + self.path.removeprefix(API[self.forge.kind])
            query = {**self.query, "page": str(number)}
            if size in query:
                query[size] = str(self.page(size=size)[1])
            links.append(f'<{address}?{urlencode(query)}>; rel="{name}"')
        return {"Link": ", ".join(links)} if links else {}


def _json(value: object, headers: dict[str, str] | None = None, *, status: int = 200) -> Answered:
    return status, headers or {}, json.dumps(value).encode()


def _offsets(
    call: Call, found: list[Repository], *, size: str
) -> tuple[list[Repository], dict[str, str], tuple[int, int, int]]:
    """One page by number, its Link header, and (page, number of pages, page size)."""
    number, per_page = call.page(size=size)
    last = max(1, -(-len(found) // per_page))
    numbers = {}
    if number > 1:
        numbers = {"prev": number - 1, "first": 1}
    if number < last:
        numbers = {"next": number + 1, "last": last, **numbers}
    return (
        found[(number - 1) * per_page : number * per_page],
        call.link(size, numbers),
        (number, last, per_page),
    )


# GitHub: docs.github.com/en/rest/repos/repos


def _github(call: Call) -> Answered:
    forge, gone = (
        call.forge,
        _json({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}, status=404),
    )
    if matched := call.matched("repos/*/*"):
        path = "/".join(matched)
        if (one := forge.find(path)) and (call.member or not one.private):
            return _json(_github_repository(forge, one, whole=True))
        if identifier := forge.identifier(path):
            place = f"{forge.api}repositories/{identifier}"
            return _json({"message": "Moved Permanently", "url": place}, {"Location": place}, status=301)
        return gone
    if matched := call.matched("repositories/*"):
        one = forge.find(matched[0])
        return _json(_github_repository(forge, one, whole=True)) if one else gone
    if (matched := call.matched("users/*")) and (owner := _named(forge, matched[0])):
        return _json(
            {"login": owner, "type": _github_type(forge, owner), "html_url": f"https://{forge.host}/{owner}"}
        )
    for pattern in ("orgs/*/repos", "users/*/repos", "organizations/*/repos"):
        if matched := call.matched(pattern):
            if matched[0] in forge.moved_owners:
                place = (
                    f"{forge.api}organizations/{forge.moved_owners[matched[0]]}/repos?{urlencode(call.query)}"
                )
                return _json({"message": "Moved Permanently", "url": place}, {"Location": place}, status=301)
            owner = _named(forge, matched[0])
            if not owner or (pattern.startswith("orgs") and forge.owners[owner] != "organisation"):
                return gone
            found = sorted(call.owned(owner), key=lambda one: (one.created, one.id))
            found = found if call.query.get("direction") == "asc" else found[::-1]
            page, link, _ = _offsets(call, found, size="per_page")
            return _json(
                [_github_repository(forge, one) for one in page], {**link, "X-RateLimit-Remaining": "4990"}
            )
    return gone


def _named(forge: Forge, owner: str) -> str:
    return next((name for name in forge.owners if name.lower() == owner.lower()), "")


def _github_type(forge: Forge, owner: str) -> str:
    return "Organization" if forge.owners[owner] == "organisation" else "User"


def _github_repository(forge: Forge, one: Repository, *, whole: bool = False) -> dict[str, Any]:
    web = f"https://{forge.host}/{one.path}"
    licence = {
        "key": one.licence.lower(),
        "name": one.licence,
        "spdx_id": one.licence,
        "url": None,
        "node_id": "MDc6",
    }
    owner = {
        "login": one.owner,
        "id": 7,
        "avatar_url": f"https://avatars.example/{one.owner}",
        "type": _github_type(forge, one.owner),
        "html_url": f"https://{forge.host}/{one.owner}",
        "url": f"{forge.api}users/{one.owner}",
        "site_admin": False,
    }
    said = {
        "id": one.id,
        "node_id": f"R_{one.id}",
        "name": one.name,
        "full_name": one.path,
        "private": one.private,
        "owner": owner,
        "html_url": web,
        "description": one.description or None,
        "fork": bool(one.parent),
        "url": f"{forge.api}repos/{one.path}",
        "created_at": one.created,
        "updated_at": one.pushed,
        "pushed_at": one.pushed,
        "git_url": f"git://{forge.host}/{one.path}.git",
        "ssh_url": f"git@{forge.host}:{one.path}.git",
        "clone_url": f"{web}.git",
        "homepage": one.homepage or None,
        "size": 0 if one.empty else 108,
        "stargazers_count": one.stars,
        "watchers_count": one.stars,
        "forks_count": 0,
        "language": one.language or None,
        "has_issues": True,
        "has_wiki": True,
        "archived": one.archived,
        "disabled": one.disabled,
        "mirror_url": one.mirror or None,
        "open_issues_count": 0,
        "license": licence if one.licence else None,
        "is_template": one.template,
        "topics": one.topics,
        "visibility": "private" if one.private else "public",
        "default_branch": one.branch,
        "permissions": {"admin": False, "push": False, "pull": True},
    }
    if whole and one.parent:
        said["parent"] = {"full_name": one.parent, "html_url": f"https://{forge.host}/{one.parent}"}
        said["source"] = said["parent"]
    return said


# GitLab: docs.gitlab.com/api/projects, /api/groups, /api/rest (pagination, redirects)


def _gitlab(call: Call) -> Answered:
    forge, meta = call.forge, {"X-GitLab-Meta": '{"correlation_id":"01J","version":"1"}'}
    if call.matched("version"):
        known = {"version": "18.1.0", "revision": "0a1b2c3d"}
        return _json(known, meta) if call.member else _json({"message": "401 Unauthorized"}, meta, status=401)
    if matched := call.matched("projects/*"):
        one = forge.find(matched[0])
        if one and (call.member or not one.private):
            return _json(
                _gitlab_project(forge, one, whole=call.member, licence=call.query.get("license") == "true"),
                meta,
            )
        if identifier := forge.identifier(matched[0]):
            place = f"{forge.api}projects/{identifier}?{urlencode(call.query)}"
            return _json({}, {"Location": place, **meta}, status=301)
    if (matched := call.matched("groups/*")) and forge.owners.get(matched[0]) == "organisation":
        return _json({"id": 5, "full_path": matched[0], "kind": "group"}, meta)
    if call.matched("users"):
        name = call.query.get("username", "")
        return _json([{"id": 9, "username": name}] if forge.owners.get(name) == "user" else [], meta)
    if call.matched("projects"):
        return _gitlab_listing(call, call.seen(lambda one: True), whole=call.member)
    if (matched := call.matched("users/*/projects")) and forge.owners.get(matched[0]) == "user":
        return _gitlab_listing(call, call.owned(matched[0]), whole=call.member)
    if (matched := call.matched("groups/*/projects")) and forge.owners.get(matched[0]) == "organisation":
        below = call.query.get("include_subgroups") == "true"
        inside = call.seen(
            lambda one: one.owner == matched[0] or (below and one.path.startswith(matched[0] + "/"))
        )
        if call.query.get("with_shared", "true") == "true":
            inside += call.seen(lambda one: one.path in forge.shared.get(matched[0], []))
        return _gitlab_listing(call, inside, whole=True)
    return _json({"message": "404 Not Found"}, meta, status=404)


def _gitlab_listing(call: Call, found: list[Repository], *, whole: bool) -> Answered:
    if "archived" in call.query:
        found = [one for one in found if one.archived == (call.query["archived"] == "true")]
    if call.query.get("visibility") == "public":
        found = [one for one in found if not one.private]
    if call.query.get("order_by") != "id":
        found = sorted(found, key=lambda one: one.created)
    found = found if call.query.get("sort") == "asc" else found[::-1]
    if call.query.get("pagination") == "keyset":
        per_page = call.page(size="per_page")[1]
        found = [one for one in found if one.id > int(call.query.get("id_after", 0))]
        following = (
            urlencode({**call.query, "id_after": str(found[per_page - 1].id)})
            if len(found) > per_page
            else ""
        )
        link = {"Link": f'<{call.forge.api}projects?{following}>; rel="next"'} if following else {}
        return _json([_gitlab_project(call.forge, one, whole=whole) for one in found[:per_page]], link)
    page, link, (number, last, per_page) = _offsets(call, found, size="per_page")
    following = str(number + 1) if number < last else ""
    numbers = {
        "X-Page": str(number),
        "X-Per-Page": str(per_page),
        "X-Next-Page": following,
        "X-Total": str(len(found)),
    }
    return _json([_gitlab_project(call.forge, one, whole=whole) for one in page], {**link, **numbers})


def _gitlab_project(forge: Forge, one: Repository, *, whole: bool, licence: bool = False) -> dict[str, Any]:
    """`whole` is what members and group listings see.

    Everybody else sees less, not even whether a project is archived.
    """
    web = f"https://{forge.host}/{one.path}"
    kind = "group" if forge.owners[one.owner] == "organisation" else "user"
    namespace = {
        "id": 5,
        "name": one.owner.rsplit("/", 1)[-1].title(),
        "path": one.owner.rsplit("/", 1)[-1],
        "kind": kind,
        "full_path": one.owner,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"https://{forge.host}/groups/{one.owner}",
    }
    said: dict[str, Any] = {
        "id": one.id,
        "description": one.description or None,
        "name": one.name,
        "name_with_namespace": one.path.replace("/", " / "),
        "path": one.name,
        "path_with_namespace": one.path,
        "created_at": one.created.replace("Z", ".000Z"),
        "default_branch": None if one.empty else one.branch,
        "tag_list": one.topics,
        "topics": one.topics,
        "ssh_url_to_repo": f"git@{forge.host}:{one.path}.git",
        "http_url_to_repo": f"{web}.git",
        "web_url": web,
        "readme_url": f"{web}/-/blob/main/README.md",
        "forks_count": 0,
        "avatar_url": None,
        "star_count": one.stars,
        "last_activity_at": one.pushed.replace("Z", ".000Z"),
        "namespace": namespace,
    }
    if licence:
        said["license"] = {"key": one.licence.lower(), "name": one.licence} if one.licence else None
    if whole:
        said |= {
            "archived": one.archived,
            "visibility": "private" if one.private else "public",
            "empty_repo": one.empty,
            "issues_enabled": True,
            "issues_access_level": "enabled",
            "mirror": bool(one.mirror),
            "repository_access_level": "disabled" if one.disabled else "enabled",
            "marked_for_deletion_on": None,
        }
        if one.parent:
            web = f"https://{forge.host}/{one.parent}"
            said["forked_from_project"] = {"id": 1, "path_with_namespace": one.parent, "web_url": web}
    return said


# Gitea and Forgejo: the swagger of an instance


def _gitea(call: Call) -> Answered:
    forge = call.forge
    if call.matched("version"):
        return _json({"version": "12.0.1+gitea-1.22.0"})
    if call.matched("repos/search"):
        found = call.seen(lambda one: call.query.get("private") != "false" or not one.private)
        found = sorted(found, key=lambda one: one.id if call.query.get("sort") == "id" else one.path)
        found = found if call.query.get("order", "asc") == "asc" else found[::-1]
        page, link, _ = _offsets(call, found, size="limit")
        total = {"X-Total-Count": str(len(found))}
        return _json({"ok": True, "data": [_gitea_repository(forge, one) for one in page]}, {**link, **total})
    if matched := call.matched("repos/*/*"):
        path = "/".join(matched)
        if (one := forge.find(path)) and (call.member or not one.private):
            return _json(_gitea_repository(forge, one))
        if new := forge.find(forge.identifier(path)):
            return _json({}, {"Location": f"/{forge.host}/api/v1/repos/{new.path}"}, status=307)
    for kind, wanted in (("orgs", ("organisation",)), ("users", ("organisation", "user"))):
        owner = (call.matched(f"{kind}/*") or call.matched(f"{kind}/*/repos") or [""])[0]
        if forge.owners.get(owner) in wanted:
            if call.matched(f"{kind}/*"):
                return _json({"id": 3, "login": owner, "username": owner})
            page, link, _ = _offsets(call, call.owned(owner), size="limit")
            total = {"X-Total-Count": str(len(call.owned(owner)))}
            return _json([_gitea_repository(forge, one) for one in page], {**link, **total})
    return _json(
        {"errors": None, "message": "not found", "url": f"https://{forge.host}/api/swagger"}, status=404
    )


def _gitea_repository(forge: Forge, one: Repository) -> dict[str, Any]:
    web = f"https://{forge.host}/{one.path}"
    parent = forge.find(one.parent) if one.parent else None
    owner = {
        "id": 3,
        "login": one.owner,
        "login_name": "",
        "full_name": one.owner.title(),
        "email": f"{one.owner}@noreply.example",
        "avatar_url": f"https://{forge.host}/avatars/1",
        "html_url": f"https://{forge.host}/{one.owner}",
        "visibility": "public",
    }
    return {
        "id": one.id,
        "owner": owner,
        "name": one.name,
        "full_name": one.path,
        "description": one.description,
        "empty": one.empty,
        "private": one.private,
        "fork": bool(one.parent),
        "template": one.template,
        "mirror": bool(one.mirror),
        "size": 120,
        "parent": _gitea_repository(forge, parent) if parent else None,
        "language": one.language,
        "html_url": web,
        "languages_url": f"{forge.api}repos/{one.path}/languages",
        "url": f"{forge.api}repos/{one.path}",
        "link": "",
        "ssh_url": f"git@{forge.host}:{one.path}.git",
        "clone_url": f"{web}.git",
        "original_url": one.mirror,
        "website": one.homepage,
        "stars_count": one.stars,
        "forks_count": 0,
        "watchers_count": 1,
        "open_issues_count": 0,
        "default_branch": one.branch,
        "archived": one.archived,
        "created_at": one.created,
        "updated_at": one.pushed,
        "archived_at": "1970-01-01T00:00:00Z",
        "permissions": {"admin": False, "push": False, "pull": True},
        "has_issues": True,
        "internal": False,
        "avatar_url": "",
        "mirror_updated": "0001-01-01T00:00:00Z",
        "object_format_name": "sha1",
        "topics": one.topics or None,
        "licenses": [one.licence] if one.licence else None,
    }


ROUTES: dict[str, Callable[[Call], Answered]] = {"github": _github, "gitlab": _gitlab, "gitea": _gitea}
