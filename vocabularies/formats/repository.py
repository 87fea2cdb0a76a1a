"""What Git itself says of a repository: its address, its head and what lies in its root."""

from __future__ import annotations

from typing import Any

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution
from vocabularies.values.kinds import mend_url

NAME = "repository"  # as crawlers/git/repository.py calls its record
# Names that are kept, and their characters at most: enough to see a Dockerfile or a licence.
_MOST_NAMES, _LONGEST_NAME = 200, 100


def parse(content: bytes) -> Reading:
    """Read what crawlers/git/repository.py found. The solution has the address and a name.

    Facts are `commit`, `branch` and `listing`: names, one a line, folders with a slash.
    """
    data = _decoded(content)
    facts = {key: data[key] for key in ("commit", "branch") if isinstance(data.get(key), str)}
    facts["listing"] = _listing(data.get("listing"))
    facts = {key: value for key, value in facts.items() if value}
    return Reading(format=NAME, solution=_solution(data), facts=facts)


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _listing(names: Any) -> str:
    return "\n".join(filter(_is_kept, names[:_MOST_NAMES])) if isinstance(names, list) else ""


def _is_kept(name: Any) -> bool:
    return isinstance(name, str) and "\n" not in name and len(name) <= _LONGEST_NAME


def _solution(data: dict[str, Any]) -> Solution | None:
    url = mend_url(str(data.get("url") or "")).rstrip("/")
    if url.count("/") <= 2:  # nothing but a host
        return None
    return Solution(repository=url, name={"": url.rsplit("/", 1)[-1].removesuffix(".git")})
