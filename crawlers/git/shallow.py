"""Reads HEAD of a Git repository and a few files of its root, in three small requests.

Protocol version 2: `ls-refs` for HEAD alone, `fetch` of one commit and its root tree, one more `fetch` for
the blobs that are wanted (remote.py). A server that cannot do this is read by the `git` program (process.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import trees
from crawlers.git.advertisement import fetch_advertisement
from crawlers.git.object_format import ObjectFormat, of, of_marker
from crawlers.git.pktline import Malformed
from crawlers.git.process import Clone
from crawlers.git.remote import (
    FALLBACK_CODES,
    Remote,
    bad_repository,
    endpoints,
    fetch_branches,
    fetch_head,
)
from crawlers.net.address import shown
from crawlers.net.http import Http

MOST_ENTRIES = 2_000  # of the root that are listed
MOST_FILES = 40
MOST_BRANCHES = 5  # that are told
_LONGEST_BRANCH = 60  # characters of each
_UNREADABLE = {"link": "link", "commit": "submodule"}


class Head(msgspec.Struct, frozen=True):
    """HEAD of a repository: `commit` and `branch` are "" in an empty one.

    `url` is the address of the repository that answered, after a rename another than the requested one.
    `endpoint` is the address of its Git service, for `read`.
    """

    commit: str
    branch: str
    url: str
    endpoint: str


class Snapshot(msgspec.Struct, frozen=True):
    """The root of a commit.

    `listing` holds at most 2,000 pairs of name and kind in Git's order; kinds are "blob", "tree", "commit",
    "link" and "other". `files` are those that were wanted. `skipped` is the reason for which a wanted one is
    not among them: "too-large", "link", "submodule", "missing" or "too-many".
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
        """The blobs by object id: None for one that is larger than `limit`, no key for a missing one."""


def head(url: str, http: Http, *, marker: str = "") -> Head:
    """HEAD of the repository at `url`; most servers answer one request of less than a kilobyte.

    `marker` is the commit that was read last: it tells how the repository names its objects. CrawlError
    "no-head" if HEAD names a branch that does not exist while there are others.
    """
    for endpoint in endpoints(url):
        try:
            return _head_at(endpoint, url, http, object_format=of_marker(marker))
        except CrawlError as error:
            if error.code not in FALLBACK_CODES:
                raise
            if error.code != "not-found":
                break
    advertisement = fetch_advertisement(url, http)
    if advertisement.version == 2:
        return _head_at(advertisement.endpoint, url, http, object_format=advertisement.object_format)
    if not advertisement.commit:
        _demand_no_branches(advertisement.branches, url)
    return Head(
        commit=advertisement.commit,
        branch=advertisement.branch,
        url=_address(advertisement.endpoint, url),
        endpoint=advertisement.endpoint,
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

    `choose` may select some of the wanted names before anything is fetched.
    """
    first = endpoint or endpoints(url)[0]

    def snapshot(objects: _Objects) -> Snapshot:
        try:
            return _snapshot(objects, branch=branch, limit=limit, wanted=wanted, choose=choose)
        except Malformed as error:
            raise bad_repository(error, url) from error

    try:
        return snapshot(Remote(first, url, http, commit=commit))
    except CrawlError as error:
        if error.code not in FALLBACK_CODES:
            raise
        advertisement = fetch_advertisement(url, http)
        if advertisement.filters and advertisement.endpoint == first:
            raise
    if advertisement.filters:
        return snapshot(Remote(advertisement.endpoint, url, http, commit=commit))
    with Clone(advertisement.endpoint, http, object_format=of(commit)) as clone:
        return snapshot(clone)


def _head_at(endpoint: str, url: str, http: Http, *, object_format: ObjectFormat) -> Head:
    remote = fetch_head(endpoint, url, http, object_format=object_format)
    if not remote.commit:
        _demand_no_branches(fetch_branches(remote.endpoint, url, http, object_format=object_format), url)
    address = _address(remote.endpoint, url)
    return Head(commit=remote.commit, branch=remote.branch, url=address, endpoint=remote.endpoint)


def _demand_no_branches(branches: Sequence[str], url: str) -> None:
    """Only what has no branch either is empty."""
    if branches:
        raise CrawlError("no-head", url=shown(url), branches=", ".join(map(_seen, branches[:MOST_BRANCHES])))


def _seen(name: str) -> str:
    """A stranger's name of a branch, which cannot turn the sentence around that tells it."""
    letters = (letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return "".join(letters)[:_LONGEST_BRANCH]


def _snapshot(
    objects: _Objects,
    *,
    branch: str,
    limit: int,
    wanted: Callable[[str], bool],
    choose: Callable[[Sequence[str]], Collection[str]] | None,
) -> Snapshot:
    commit, tree = objects.root()
    entries = list(trees.entries(tree, of(commit).size))
    identifiers: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for name, kind, identifier in entries:
        if kind in _UNREADABLE and wanted(name):
            skipped[name] = _UNREADABLE[kind]
        elif kind == "blob" and wanted(name):
            identifiers[name] = identifier
    if choose is not None:
        chosen = choose(tuple(identifiers))
        identifiers = {name: identifiers[name] for name in identifiers if name in chosen}
    skipped |= dict.fromkeys(list(identifiers)[MOST_FILES:], "too-many")
    identifiers = dict(list(identifiers.items())[:MOST_FILES])
    blobs: Mapping[str, bytes | None] = {}
    if identifiers:
        blobs = objects.blobs(list(dict.fromkeys(identifiers.values())), limit=limit)
    files = {}
    for name, identifier in identifiers.items():
        content = blobs.get(identifier)
        if content is None:
            skipped[name] = "too-large" if identifier in blobs else "missing"
        else:
            files[name] = content
    listing = tuple((name, kind) for name, kind, _ in entries[:MOST_ENTRIES])
    return Snapshot(commit=commit, branch=branch, listing=listing, files=files, skipped=skipped)


def _address(endpoint: str, url: str) -> str:
    """The address of the repository at an endpoint, without `.git` if the requested one has none."""
    if endpoint in endpoints(url):
        return url
    if url.endswith(".git"):
        return endpoint
    return endpoint.removesuffix(".git")
