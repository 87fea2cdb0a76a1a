"""What a forge says of a repository: the answers of the APIs of GitHub, GitLab and Gitea/Forgejo, as the crawlers reduce them."""

from __future__ import annotations

from vocabularies import documents, kinds
from vocabularies.crosswalk import Crosswalk, Reading, Row, read
from vocabularies.kinds import DATE, LINE, URL
from vocabularies.terms import Solution

_GITHUB = Crosswalk("github", (
    Row("name", "name", LINE), Row("description", "short_text", LINE), Row("topics[]", "keywords", LINE),
    Row("html_url", "repository", URL), Row("homepage", "landing_page", URL), Row("license.spdx_id", "licence", kinds.LICENCE),
    Row("created_at", "first_published", DATE),
))  # fmt: skip
_GITLAB = Crosswalk("gitlab", (
    Row("name", "name", LINE), Row("description", "short_text", LINE), Row("topics[]", "keywords", LINE),
    Row("web_url", "repository", URL), Row("created_at", "first_published", DATE),
))  # fmt: skip
_GITEA = Crosswalk("gitea", (
    Row("name", "name", LINE), Row("description", "short_text", LINE), Row("topics[]", "keywords", LINE),
    Row("html_url", "repository", URL), Row("website", "landing_page", URL), Row("created_at", "first_published", DATE),
))  # fmt: skip


def _parse(crosswalk: Crosswalk, content: bytes) -> Reading:
    document = documents.parse(content, "JSON")
    reading = read(crosswalk, document)
    data = document.data if isinstance(document.data, dict) else {}
    facts = {name: "true" for name in ("archived", "fork", "empty", "is_template") if data.get(name) == "true"}
    return Reading(format=crosswalk.name, solution=Solution(**reading.values) if reading.values else None, facts=facts)


def parse_github(content: bytes) -> Reading:
    """Read a repository of GitHub's REST API."""
    return _parse(_GITHUB, content)


def parse_gitlab(content: bytes) -> Reading:
    """Read a project of GitLab's REST API."""
    return _parse(_GITLAB, content)


def parse_gitea(content: bytes) -> Reading:
    """Read a repository of the API of Gitea and Forgejo."""
    return _parse(_GITEA, content)
