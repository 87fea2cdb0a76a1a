"""Reads HEAD, the root tree of a commit and blobs from a Git server, by protocol version 2 over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import packs, pktline, trees
from crawlers.git.object_format import SHA1, ObjectFormat, of
from crawlers.net.address import shown
from crawlers.net.http import Http, Response

SECONDS = 30.0  # for each request
TREE_BYTES = 4_000_000
# Errors that may only mean that the server needs another request: another spelling, an older protocol.
FALLBACK_CODES = {
    "not-found",
    "gone",
    "refused",
    "bad-repository",
    "git-refused",
    "redirects",
    "server-error",
}
BRANCHES = "refs/heads/"
SERVICE = "git-upload-pack"


class RemoteHead(msgspec.Struct, frozen=True):
    """HEAD at a server: the endpoint that answered, and commit and branch, "" in an empty repository."""

    endpoint: str
    commit: str
    branch: str


def fetch_head(endpoint: str, url: str, http: Http, *, object_format: ObjectFormat = SHA1) -> RemoteHead:
    """HEAD of the repository at an endpoint, by `ls-refs`. CrawlError if it cannot be read this way.

    `url` is the repository's address for messages, here and below.
    """
    commit = branch = ""
    answered, references = _references(endpoint, url, http, prefix="HEAD", object_format=object_format)
    for identifier, name, target in references:
        if name == "HEAD":
            commit = identifier
            branch = target.removeprefix(BRANCHES)
    return RemoteHead(answered, commit, branch)


def fetch_branches(endpoint: str, url: str, http: Http, *, object_format: ObjectFormat) -> list[str]:
    """The names of all branches, by `ls-refs`, whose prefix is only a hint to the server."""
    _, references = _references(endpoint, url, http, prefix=BRANCHES, object_format=object_format)
    return [name.removeprefix(BRANCHES) for _, name, _ in references if name.startswith(BRANCHES)]


def _references(
    endpoint: str, url: str, http: Http, *, prefix: str, object_format: ObjectFormat
) -> tuple[str, list[tuple[str, str, str]]]:
    """The endpoint that answered, and its references with this prefix."""
    arguments = ["symrefs", f"ref-prefix {prefix}"]
    command = pktline.command("ls-refs", arguments, object_format=object_format.name)
    response = _post(endpoint, url, http, command=command, limit=1_000_000)
    try:
        found = list(pktline.references(response.content))
    except pktline.Malformed as error:
        raise bad_repository(error, url) from error
    return response.final_url.removesuffix(f"/{SERVICE}"), found


class Remote:
    """The objects of one commit, fetched over HTTP."""

    def __init__(self, endpoint: str, url: str, http: Http, *, commit: str) -> None:
        self._endpoint = endpoint
        self._url = url
        self._http = http
        self._commit = commit

    def root(self) -> tuple[str, bytes]:
        objects = self._fetch([self._commit], "deepen 1", "filter tree:1", limit=TREE_BYTES)
        try:
            tree = objects[trees.tree_of(objects[self._commit].content)].content
        except KeyError as error:
            raise CrawlError(
                "bad-repository", url=shown(self._url), reason="its commit cannot be read"
            ) from error
        except pktline.Malformed as error:
            raise bad_repository(error, self._url) from error
        return self._commit, tree

    def blobs(self, names: Sequence[str], *, limit: int) -> Mapping[str, bytes | None]:
        try:
            objects = self._fetch(names, limit=limit)
        except CrawlError as error:
            if error.code != "too-large":
                raise
            if len(names) == 1:
                return {names[0]: None}
            return self._blobs_apart(names, limit=limit)
        blobs = {}
        for name in names:
            if name in objects and objects[name].kind == "blob":
                blobs[name] = objects[name].content
        return blobs

    def _blobs_apart(self, names: Sequence[str], *, limit: int) -> dict[str, bytes | None]:
        """The blobs, each by a request of its own: only so does it show which of them is too large."""
        blobs: dict[str, bytes | None] = {}
        for name in names:
            blobs |= self.blobs([name], limit=limit)
        return blobs

    def _fetch(self, names: Sequence[str], *arguments: str, limit: int) -> dict[str, packs.Object]:
        wants = [f"want {name}" for name in names]
        named = of(self._commit)
        arguments = ("no-progress", "ofs-delta", *wants, *arguments, "done")
        command = pktline.command("fetch", arguments, object_format=named.name)
        most = min(len(names) * limit + 100_000, 16_000_000)
        response = _post(self._endpoint, self._url, self._http, command=command, limit=most)
        try:
            return packs.unpack(pktline.pack(response.content), limit=limit, object_format=named)
        except pktline.Malformed as error:
            raise bad_repository(error, self._url) from error
        except packs.TooLarge as error:
            raise CrawlError("too-large", url=shown(self._url), limit=limit) from error


def _post(endpoint: str, url: str, http: Http, *, command: bytes, limit: int) -> Response:
    sent = {
        **headers(http),
        "Content-Type": f"application/x-{SERVICE}-request",
        "Accept": f"application/x-{SERVICE}-result",
    }
    response = http.post(
        f"{endpoint}/{SERVICE}",
        content=command,
        headers=sent,
        limit=limit,
        deadline=SECONDS,
        redirects=True,
        anonymous=True,
    )
    if not response.headers.get("content-type", "").startswith(f"application/x-{SERVICE}-result"):
        raise CrawlError("bad-repository", url=shown(url), reason="it answered with a page")
    return response


def bad_repository(error: pktline.Malformed, url: str) -> CrawlError:
    """The error for data that is malformed or that is an error message of the server."""
    if error.server_message:
        return CrawlError("git-refused", url=shown(url), message=error.server_message)
    return CrawlError("bad-repository", url=shown(url), reason=str(error))


def headers(http: Http) -> dict[str, str]:
    """Headers of all requests, never a token: what is read is public. Some forges require `git/`."""
    return {"Git-Protocol": "version=2", "User-Agent": f"git/2 {http.policy.user_agent}"}


def endpoints(url: str) -> tuple[str, ...]:
    """The addresses to try: all large forges know the ending `.git`, some plain servers do not."""
    url = url.rstrip("/")
    if url.endswith(".git"):
        return (url,)
    return (f"{url}.git", url)
