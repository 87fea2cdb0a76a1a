"""What GitLab says of a repository, in the names of its API."""

from __future__ import annotations

from vocabularies.crosswalk.rows import Crosswalk, Reading, Row
from vocabularies.formats import forges
from vocabularies.values.kinds import LINE, URL

NAME = "gitlab"  # as the forge's row in crawlers/forges/ has it
_ROWS = (
    *forges.COMMON,
    Row("web_url", "repository", URL),
    Row("http_url_to_repo", "aliases", URL),
    Row("license.key", "licence", forges.RECOGNISED),
    Row("namespace.name", "publisher.name", LINE),
    Row("namespace.web_url", "publisher.homepage", URL),
)
GITLAB = forges.Forge(
    Crosswalk(NAME, _ROWS),
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


def parse(content: bytes) -> Reading:
    """Read a project of GitLab's API v4."""
    return forges.parse(GITLAB, content)
