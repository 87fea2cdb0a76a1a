"""What Gitea or Forgejo says of a repository, in the names of its API."""

from __future__ import annotations

from vocabularies.crosswalk.rows import Crosswalk, Reading, Row
from vocabularies.formats import forges
from vocabularies.values.kinds import LINE, URL

NAME = "gitea"  # as the forge's row in crawlers/forges/ has it
_ROWS = (
    *forges.COMMON,
    Row("html_url", "repository", URL),
    Row("clone_url", "aliases", URL),
    Row("website", "landing_page", URL),
    Row("language", "programming_languages", LINE),
    Row("licenses[]", "licence", forges.RECOGNISED, joined=" "),  # several are no expression, and so none
    Row("owner.full_name", "publisher.name", LINE),
    Row("owner.login", "publisher.name", LINE),
    Row("owner.html_url", "publisher.homepage", URL),
)
GITEA = forges.Forge(
    Crosswalk(NAME, _ROWS),
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


def parse(content: bytes) -> Reading:
    """Read a repository of the API v1 of Gitea and Forgejo."""
    return forges.parse(GITEA, content)
