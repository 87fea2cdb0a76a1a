"""A repository to read, and reading it: what the tests of Git share."""

from __future__ import annotations

from typing import Any

from crawlers.git import shallow
from crawlers.net.http import Http

FILES = {
    "publiccode.yml": b"publiccodeYmlVersion: '0.4'\n" * 40,
    "README.md": b"# An application\n\nIt does things.\n" * 30,
    "LICENSE": b"Permission is hereby granted ...\n" * 50,
    "LICENSE.de": b"Permission is hereby granted ...\n" * 50 + b"auf Deutsch\n",
    "src/main.py": b"print('x')\n" * 1000,
    "empty": b"",
}
WANTED = ("publiccode.yml", "README.md", "LICENSE", "LICENSE.de", "empty", "nowhere.txt")


def wanted(name: str) -> bool:
    return name in WANTED


def snapshot(url: str, http: Http, **options: Any) -> shallow.Snapshot:
    head = shallow.head(url, http)
    given: dict[str, Any] = {"wanted": wanted, "endpoint": head.endpoint, **options}
    return shallow.read(url, http, commit=head.commit, branch=head.branch, **given)
