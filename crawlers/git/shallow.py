"""Reads the head of a Git repository and a few files of its root, over the guarded way out and with hardly any bytes.

Protocol version 2: `ls-refs` for HEAD alone, `fetch` of one commit and its root tree, one more `fetch` for the blobs that
are wanted. A server that cannot do this is read by the `git` program (gitprocess.py); the questions stand in gitremote.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import packs
from crawlers.git.pktline import Malformed
from crawlers.git.process import Clone
from crawlers.git.remote import DOUBTFUL, Remote, advertised, ask_head, bad, spellings
from crawlers.net.http import Http

MOST_ENTRIES = 2_000  # of the root that are listed
MOST_FILES = 40
_UNREADABLE = {"link": "link", "commit": "submodule"}


class Head(msgspec.Struct, frozen=True):
    """What HEAD is: `commit` and `branch` are "" in an empty repository.

    `url` is the address of the repository that answered: another than the one asked for after a rename. `endpoint` is where
    its Git service lies, which `read` may be told.
    """

    commit: str
    branch: str
    url: str
    endpoint: str


class Snapshot(msgspec.Struct, frozen=True):
    """The root of a commit: `listing` of (name, "blob" | "tree" | "commit" | "link" | "other") in Git's order, at most 2,000.

    `files` are those that were wanted. `skipped` says why a wanted one is not among them: "too-large", "link", "submodule",
    "missing" or "too-many".
    """

    commit: str
    branch: str
    listing: tuple[tuple[str, str], ...]
    files: dict[str, bytes]
    skipped: dict[str, str]


class _Objects(Protocol):
    """Where the objects of one commit come from."""

    def root(self) -> tuple[str, bytes]:
        """The commit's id and its root tree as Git stores it."""

    def blobs(self, names: Sequence[str], *, limit: int) -> Mapping[str, bytes | None]:
        """The blobs by object id; None where one is larger than `limit`, nothing where there is none."""


def head(url: str, http: Http) -> Head:
    """What HEAD is at `url`; most servers answer one request of less than a kilobyte."""
    for endpoint in spellings(url):
        try:
            return _head_at(endpoint, url, http)
        except CrawlError as error:
            if error.code not in DOUBTFUL:
                raise
            if error.code != "not-found":
                break
    found = advertised(url, http)
    if found.version == 2:
        return _head_at(found.endpoint, url, http)
    return Head(
        commit=found.commit, branch=found.branch, url=_address(found.endpoint, url), endpoint=found.endpoint
    )


def read(
    url: str,
    http: Http,
    *,
    wanted: Callable[[str], bool],
    commit: str,
    branch: str = "",
    limit: int = 512_000,
    endpoint: str = "",
    choose: Callable[[Sequence[str]], Collection[str]] | None = None,
) -> Snapshot:
    """The files of the root of `commit` whose names are `wanted`, each of at most `limit` bytes.

    `choose` may pick some of the wanted names before anything is fetched.
    """
    origin = endpoint or spellings(url)[0]

    def taken(objects: _Objects) -> Snapshot:
        try:
            return _taken(objects, branch=branch, limit=limit, wanted=wanted, choose=choose)
        except Malformed as error:
            raise bad(error, url) from error

    try:
        return taken(Remote(origin, url, http, commit=commit))
    except CrawlError as error:
        if error.code not in DOUBTFUL:
            raise
        found = advertised(url, http)
        if found.filters and found.endpoint == origin:
            raise
    if found.filters:
        return taken(Remote(found.endpoint, url, http, commit=commit))
    with Clone(found.endpoint, http) as clone:
        return taken(clone)


def _head_at(endpoint: str, url: str, http: Http) -> Head:
    answered, commit, branch = ask_head(endpoint, url, http)
    return Head(commit=commit, branch=branch, url=_address(answered, url), endpoint=answered)


def _taken(
    objects: _Objects,
    *,
    branch: str,
    limit: int,
    wanted: Callable[[str], bool],
    choose: Callable[[Sequence[str]], Collection[str]] | None,
) -> Snapshot:
    commit, tree = objects.root()
    entries = list(packs.entries(tree))
    blobs, skipped = {}, {}
    for name, kind, identifier in entries:
        if kind in _UNREADABLE and wanted(name):
            skipped[name] = _UNREADABLE[kind]
        elif kind == "blob" and wanted(name):
            blobs[name] = identifier
    if choose is not None:
        chosen = choose(tuple(blobs))
        blobs = {name: blobs[name] for name in blobs if name in chosen}
    skipped |= dict.fromkeys(list(blobs)[MOST_FILES:], "too-many")
    blobs = dict(list(blobs.items())[:MOST_FILES])
    found = objects.blobs(list(dict.fromkeys(blobs.values())), limit=limit) if blobs else {}
    files = {}
    for name, identifier in blobs.items():
        content = found.get(identifier)
        if content is None:
            skipped[name] = "too-large" if identifier in found else "missing"
        else:
            files[name] = content
    listing = tuple((name, kind) for name, kind, _ in entries[:MOST_ENTRIES])
    return Snapshot(commit=commit, branch=branch, listing=listing, files=files, skipped=skipped)


def _address(endpoint: str, url: str) -> str:
    """The repository's address for people, which bears no `.git` if the one asked for did not."""
    asked = endpoint in spellings(url)
    return url if asked else endpoint if url.endswith(".git") else endpoint.removesuffix(".git")
