"""What Git itself says of a repository: its address, its head and what lies in its root (crawlers/git/repository.py)."""

from __future__ import annotations

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution
from vocabularies.values.kinds import mend_url

_LISTED, _LONG = (
    200,
    100,
)  # names kept, and of how many characters at most: enough to see a Dockerfile or a licence


def parse(content: bytes) -> Reading:
    """Facts `commit`, `branch` and `listing` (names, one a line, folders with a slash); the solution has the address and a name."""
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        data = None
    said = data if isinstance(data, dict) else {}
    facts = {
        key: str(said[key]) for key in ("commit", "branch") if isinstance(said.get(key), str) and said[key]
    }
    names = said.get("listing")
    if isinstance(names, list):
        facts["listing"] = "\n".join(
            str(name)
            for name in names[:_LISTED]
            if isinstance(name, str) and "\n" not in name and len(name) <= _LONG
        )
    url = mend_url(str(said.get("url") or "")).rstrip("/")
    solution = (
        Solution(repository=url, name={"": url.rsplit("/", 1)[-1].removesuffix(".git")})
        if url.count("/") > 2
        else None
    )
    return Reading(
        format="repository", solution=solution, facts={key: value for key, value in facts.items() if value}
    )
