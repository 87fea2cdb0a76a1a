"""What GitHub says of a repository, in the names of its API."""

from __future__ import annotations

from vocabularies.crosswalk.rows import Crosswalk, Reading, Row
from vocabularies.formats import forges
from vocabularies.values.kinds import LINE, URL

NAME = "github"  # as the forge's row in crawlers/forges/ has it
_ROWS = (
    *forges.COMMON,
    Row("html_url", "repository", URL),
    Row("clone_url", "aliases", URL),
    Row("homepage", "landing_page", URL),
    Row("language", "programming_languages", LINE),
    Row("license.spdx_id", "licence", forges.RECOGNISED),
    Row("owner.login", "publisher.name", LINE),
    Row("owner.html_url", "publisher.homepage", URL),
)
GITHUB = forges.Forge(
    Crosswalk(NAME, _ROWS),
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


def parse(content: bytes) -> Reading:
    """Read a repository of GitHub's REST API."""
    return forges.parse(GITHUB, content)
