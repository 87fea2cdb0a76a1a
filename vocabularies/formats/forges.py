"""What a forge says of a repository: the API's own names, as crawlers/{github,gitlab,gitea}.py keep them.

Nobody can mend what a forge says, so these readings have no problems: what is no proper value is left out. Under `activity` stands what
changes daily; of it only the date of the last push is a fact.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vocabularies.crosswalk.reader import read
from vocabularies.crosswalk.rows import Crosswalk, Reading, Row
from vocabularies.syntax import documents
from vocabularies.syntax.documents import Document
from vocabularies.terms import Solution
from vocabularies.values import kinds
from vocabularies.values.kinds import DATE, LINE, URL, Kind, Note


class _Recognised(Kind):
    """A licence that the forge recognised in a licence text, as a SPDX identifier; not its ways of saying that it did not."""

    def of_text(self, text: str, note: Note) -> str | None:
        return (kinds.spdx(text) or None) if text.lower() not in ("other", "noassertion") else None


class _Sentence(kinds.Line):
    """A line without the names of emoji (":tada:")."""

    def of_text(self, text: str, note: Note) -> str | None:
        return " ".join(re.sub(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?!\w)", " ", text).split()) or None

    def clean(self, raw: Any, note: Note = kinds.silent) -> Any:
        return self.of_text(super().clean(raw, note), note)


_COMMON = (
    Row("name", "name", LINE),
    Row("description", "short_text", _Sentence()),
    Row("topics[]", "keywords", LINE),
    Row("created_at", "first_published", DATE),
)
_GITHUB = (
    *_COMMON,
    Row("html_url", "repository", URL),
    Row("clone_url", "aliases", URL),
    Row("homepage", "landing_page", URL),
    Row("language", "programming_languages", LINE),
    Row("license.spdx_id", "licence", _Recognised()),
    Row("owner.login", "publisher.name", LINE),
    Row("owner.html_url", "publisher.homepage", URL),
)
_GITLAB = (
    *_COMMON,
    Row("web_url", "repository", URL),
    Row("http_url_to_repo", "aliases", URL),
    Row("license.key", "licence", _Recognised()),
    Row("namespace.name", "publisher.name", LINE),
    Row("namespace.web_url", "publisher.homepage", URL),
)
_GITEA = (
    *_COMMON,
    Row("html_url", "repository", URL),
    Row("clone_url", "aliases", URL),
    Row("website", "landing_page", URL),
    Row("language", "programming_languages", LINE),
    Row("licenses[]", "licence", _Recognised(), joined=" "),  # several are no expression, and so none
    Row("owner.full_name", "publisher.name", LINE),
    Row("owner.login", "publisher.name", LINE),
    Row("owner.html_url", "publisher.homepage", URL),
)


class Forge(NamedTuple):
    """A kind of forge: its crosswalk, the facts that are no field of a solution (name, key; addresses of other repositories last)."""

    crosswalk: Crosswalk
    facts: tuple[tuple[str, str], ...]
    issues: tuple[str, str]  # the key that says whether there is a tracker, and its path below the repository


GITHUB = Forge(
    Crosswalk("github", _GITHUB),
    (
        ("archived", "archived"),
        ("fork", "fork"),
        ("is_template", "is_template"),
        ("default_branch", "default_branch"),
        ("visibility", "visibility"),
        ("owner_kind", "owner.type"),
        ("last_activity", "activity.pushed_at"),
        ("fork_of", "parent.html_url"),
        ("mirror_of", "mirror_url"),
    ),
    ("has_issues", "/issues"),
)
GITLAB = Forge(
    Crosswalk("gitlab", _GITLAB),
    (
        ("archived", "archived"),
        ("empty", "empty_repo"),
        ("default_branch", "default_branch"),
        ("visibility", "visibility"),
        ("owner_kind", "namespace.kind"),
        ("mirror", "mirror"),
        ("last_activity", "activity.last_activity_at"),
        ("fork_of", "forked_from_project.web_url"),
    ),
    ("issues_enabled", "/-/issues"),
)
GITEA = Forge(
    Crosswalk("gitea", _GITEA),
    (
        ("archived", "archived"),
        ("fork", "fork"),
        ("empty", "empty"),
        ("is_template", "template"),
        ("mirror", "mirror"),
        ("default_branch", "default_branch"),
        ("last_activity", "activity.updated_at"),
        ("fork_of", "parent.html_url"),
        ("mirror_of", "original_url"),
    ),
    ("has_issues", "/issues"),
)
_ADDRESSES = frozenset(("fork_of", "mirror_of"))
IGNORE = "allmende-ignore"  # the topic by which an owner keeps a repository out


def parse_github(content: bytes) -> Reading:
    """Read a repository of GitHub's REST API."""
    return _parse(GITHUB, content)


def parse_gitlab(content: bytes) -> Reading:
    """Read a project of GitLab's API v4."""
    return _parse(GITLAB, content)


def parse_gitea(content: bytes) -> Reading:
    """Read a repository of the API v1 of Gitea and Forgejo."""
    return _parse(GITEA, content)


def _parse(forge: Forge, content: bytes) -> Reading:
    document = documents.parse(content, "JSON")
    if not isinstance(document.data, dict):
        return Reading(format=forge.crosswalk.name)
    values = read(forge.crosswalk, document).values
    repository = values.get("repository", "")
    values["aliases"] = tuple(sorted({*values.get("aliases", ()), *_ids(document, repository)}))
    key, path = forge.issues
    if repository and document.data.get(key) == "true":
        values["issue_tracker"] = repository + path
    if not kinds.spdx(values.get("licence", "")):
        values["licence"] = ""
    solution = Solution(**values) if values.get("name") or repository else None
    return Reading(format=forge.crosswalk.name, solution=solution, facts=_facts(forge, document.data))


def _ids(document: Document, repository: str) -> tuple[str, ...]:
    """The forge's number of the repository, which outlives every rename: "codeberg.org#123"."""
    number = document.data.get("id")
    return (
        (f"{urlsplit(repository).netloc}#{number}",)
        if repository and isinstance(number, str) and number.isdecimal()
        else ()
    )


def _facts(forge: Forge, data: dict[str, Any]) -> dict[str, str]:
    """What is said, as text; a flag only if it is set."""
    facts = {}
    for name, key in forge.facts:
        value: Any = data
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and value not in ("", "false"):
            facts[name] = _address(value) if name in _ADDRESSES else str(value)[:200]
    if "fork_of" in facts:
        facts.setdefault("fork", "true")
    if "mirror" in facts and facts.get("mirror") != "true":
        del facts["mirror"]
    if forge is GITEA and "mirror" not in facts:
        facts.pop("mirror_of", None)  # `original_url` is also kept of a repository that was moved here once
    topics = (
        [str(topic) for topic in data.get("topics") or () if isinstance(topic, str)]
        if isinstance(data.get("topics"), list)
        else []
    )
    if topics:
        facts["topics"] = "\n".join(topics[:50])
    if IGNORE in topics:
        facts["ignore"] = "true"
    return {name: value for name, value in facts.items() if value}


def _address(value: str) -> str:
    """The address of another repository in the spelling by which it is known: without .git, and in lower case where case is nothing."""
    url = kinds.mend_url(value).rstrip("/").removesuffix(".git")
    return url.lower() if url.startswith("https://github.com/") else url
