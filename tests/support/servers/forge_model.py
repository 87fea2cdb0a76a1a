"""What the forges of the tests know: owners, repositories, what goes wrong, and the time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
API = {"github": "/", "gitlab": "/api/v4/", "gitea": "/api/v1/"}
MOST = {"github": 100, "gitlab": 100, "gitea": 50}


@dataclass
class Repository:
    """`path` is the full name. Times are ISO 8601. `parent` is the full name of what it is a fork of."""

    id: int
    path: str
    description: str = ""
    topics: list[str] = field(default_factory=list)
    licence: str = ""
    language: str = ""
    homepage: str = ""
    mirror: str = ""
    parent: str = ""
    archived: bool = False
    private: bool = False
    disabled: bool = False
    empty: bool = False
    template: bool = False
    branch: str = "main"
    created: str = "2024-01-01T08:00:00Z"
    pushed: str = "2026-05-01T08:00:00Z"
    stars: int = 0

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[1]

    @property
    def owner(self) -> str:
        return self.path.rsplit("/", 1)[0]


@dataclass
class Forge:
    """One forge.

    `owners` maps a name to "organisation" (GitLab: a group) or "user"; `moved` an old full name to an id.

    `moved_owners` maps an old name of a GitHub organisation to the new one, `shared` a GitLab group to the
    full names of other owners' projects that it may use.
    """

    kind: str
    host: str
    first: int
    owners: dict[str, str] = field(default_factory=dict)
    repositories: list[Repository] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    moved_owners: dict[str, str] = field(default_factory=dict)
    shared: dict[str, list[str]] = field(default_factory=dict)

    def repository(self, path: str, *, owner: str = "organisation", **facts: Any) -> Repository:
        """Add a repository, and its owner if nobody has that name yet."""
        made = Repository(id=self.first + len(self.repositories) + len(self.moved), path=path, **facts)
        self.repositories.append(made)
        above = made.owner
        while above and self.owners.setdefault(above, owner):
            above = above.rpartition("/")[0]
        return made

    def rename(self, old: str, new: str) -> Repository:
        """Give a repository another name; the old one leads to it until somebody else takes it."""
        found = next(one for one in self.repositories if one.path == old)
        self.moved[old], found.path = found.id, new
        self.owners.setdefault(found.owner, "organisation")
        return found

    def identifier(self, old: str) -> str:
        """The id of what an old name leads to, "" if to nothing."""
        return next((str(number) for name, number in self.moved.items() if name.lower() == old.lower()), "")

    @property
    def api(self) -> str:
        """The address of the API as the world knows it."""
        return f"https://{'api.github.com' if self.kind == 'github' else self.host}{API[self.kind]}"

    def find(self, path: str) -> Repository | None:
        """By full name, in whatever case, or by id."""
        same = (one for one in self.repositories if path.lower() == one.path.lower() or path == str(one.id))
        return next(same, None)


@dataclass
class Fault:
    """What goes wrong for paths that `pattern` finds, the next `times` times.

    `kind`: a status as a number; "truncated" and "short" (JSON cut off, under a right and under a wrong
    length), "html", "slow" (no answer until the server stops), and the three ways to ask for patience:
    "retry-after", "remaining", "secondary".
    """

    pattern: str
    kind: str | int
    times: int = 1_000_000
    seconds: int = 30


@dataclass
class Model:
    """All forges, what goes wrong, and the time."""

    now: datetime = NOW
    forges: list[Forge] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def forge(self, kind: str, host: str) -> Forge:
        """Add a forge: "github", "gitlab" or "gitea". Numeric ids of different forges do not meet."""
        made = Forge(kind=kind, host=host, first=1 + 100_000 * len(self.forges))
        self.forges.append(made)
        return made

    def fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.pattern, path):
                fault.times -= 1
                return fault
        return None
