"""Reads HEAD, the root tree of a commit and blobs from a Git server, by protocol version 2 over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import packs, pktline, trees
from crawlers.net.address import shown
from crawlers.net.http import Http, Response

SECONDS = 30.0  # for each request
TREE_BYTES = 4_000_000
REFERENCE_BYTES = 20_000_000  # old servers send every reference
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
_CAPABILITY_PACKETS = 100  # that may hold capabilities; every reference follows
_SERVICE = "git-upload-pack"


class RemoteHead(msgspec.Struct, frozen=True):
    """HEAD at a server: the endpoint that answered, and commit and branch, "" in an empty repository."""

    endpoint: str
    commit: str
    branch: str


def fetch_head(endpoint: str, url: str, http: Http) -> RemoteHead:
    """HEAD of the repository at an endpoint, by `ls-refs`. CrawlError if it cannot be read this way.

    `url` is the repository's address for messages, here and below.
    """
    command = pktline.command("ls-refs", ["symrefs", "ref-prefix HEAD"])
    response = _post(endpoint, url, http, command=command, limit=1_000_000)
    commit = branch = ""
    try:
        for identifier, name, target in pktline.references(response.content):
            if name == "HEAD":
                commit = identifier
                branch = target.removeprefix("refs/heads/")
    except pktline.Malformed as error:
        raise bad_repository(error, url) from error
    return RemoteHead(response.final_url.removesuffix(f"/{_SERVICE}"), commit, branch)


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
        command = pktline.command("fetch", ["no-progress", "ofs-delta", *wants, *arguments, "done"])
        most = min(len(names) * limit + 100_000, 16_000_000)
        response = _post(self._endpoint, self._url, self._http, command=command, limit=most)
        try:
            return packs.unpack(pktline.pack(response.content), limit=limit)
        except pktline.Malformed as error:
            raise bad_repository(error, self._url) from error
        except packs.TooLarge as error:
            raise CrawlError("too-large", url=shown(self._url), limit=limit) from error


class Advertisement(msgspec.Struct, frozen=True):
    """The capabilities of a server: whether it can filter objects. In versions before 2 it includes HEAD."""

    endpoint: str
    version: int
    filters: bool
    commit: str = ""
    branch: str = ""


def fetch_advertisement(url: str, http: Http) -> Advertisement:
    """The advertisement at one of the endpoints of `url`. CrawlError "not-found" or "not-a-repository"."""
    failure: CrawlError | None = None
    for endpoint in endpoints(url):
        try:
            response = http.get(
                f"{endpoint}/info/refs?service={_SERVICE}",
                headers=_headers(http),
                limit=REFERENCE_BYTES,
                anonymous=True,
            )
            return _advertisement(response, url)
        except CrawlError as error:
            if error.code not in (*FALLBACK_CODES, "not-a-repository"):
                raise
            if failure is None or error.code != "not-found":
                failure = error
    assert failure is not None
    if failure.status in (401, 404):
        raise CrawlError("not-found", url=shown(url), status=failure.status) from failure
    if failure.code == "gone":
        raise CrawlError("gone", url=shown(url), status=failure.status) from failure
    raise failure


def _advertisement(response: Response, url: str) -> Advertisement:
    if not response.headers.get("content-type", "").startswith(f"application/x-{_SERVICE}-advertisement"):
        raise CrawlError("not-a-repository", url=shown(url))
    endpoint = response.final_url.partition("?")[0].removesuffix("/info/refs")
    try:
        beginning = islice(pktline.packets(response.content), _CAPABILITY_PACKETS)
        lines = [packet[1:].rstrip(b"\n") for packet in beginning if packet.startswith(b"=")]
    except pktline.Malformed as error:
        raise bad_repository(error, url) from error
    if lines and lines[0].startswith(b"# service="):
        lines.pop(0)
    if lines and lines[0] == b"version 2":
        if b"object-format=sha256" in lines:
            raise CrawlError("object-format", url=shown(url))
        fetch = _value(lines, b"fetch=").split(b" ")
        return Advertisement(endpoint=endpoint, version=2, filters=b"filter" in fetch)
    return _old_advertisement(lines[0] if lines else b"", url, endpoint=endpoint)


def _old_advertisement(line: bytes, url: str, *, endpoint: str) -> Advertisement:
    """The first line of versions before 2: a reference, a NUL byte, the capabilities."""
    reference, _, offered = line.partition(b"\0")
    capabilities = offered.split(b" ")
    if b"object-format=sha256" in capabilities:
        raise CrawlError("object-format", url=shown(url))
    identifier, *names = reference.split(b" ")
    if names != [b"HEAD"] or not identifier:
        return Advertisement(endpoint=endpoint, version=0, filters=False)
    branch = _value(capabilities, b"symref=HEAD:").decode("utf-8", "replace")
    return Advertisement(
        endpoint=endpoint,
        version=0,
        filters=False,
        commit=identifier.decode("ascii", "replace"),
        branch=branch.removeprefix("refs/heads/"),
    )


def _value(words: Sequence[bytes], prefix: bytes) -> bytes:
    """What follows the prefix in the first word that begins with it, empty if none does."""
    return next((word.removeprefix(prefix) for word in words if word.startswith(prefix)), b"")


def _post(endpoint: str, url: str, http: Http, *, command: bytes, limit: int) -> Response:
    headers = {
        **_headers(http),
        "Content-Type": f"application/x-{_SERVICE}-request",
        "Accept": f"application/x-{_SERVICE}-result",
    }
    response = http.post(
        f"{endpoint}/{_SERVICE}",
        content=command,
        headers=headers,
        limit=limit,
        deadline=SECONDS,
        redirects=True,
        anonymous=True,
    )
    if not response.headers.get("content-type", "").startswith(f"application/x-{_SERVICE}-result"):
        raise CrawlError("bad-repository", url=shown(url), reason="it answered with a page")
    return response


def bad_repository(error: pktline.Malformed, url: str) -> CrawlError:
    """The error for data that is malformed or that is an error message of the server."""
    if error.server_message:
        return CrawlError("git-refused", url=shown(url), message=error.server_message)
    return CrawlError("bad-repository", url=shown(url), reason=str(error))


def _headers(http: Http) -> dict[str, str]:
    """Headers of all requests, never a token: what is read is public. Some forges require `git/`."""
    return {"Git-Protocol": "version=2", "User-Agent": f"git/2 {http.policy.user_agent}"}


def endpoints(url: str) -> tuple[str, ...]:
    """The addresses to try: all large forges know the ending `.git`, some plain servers do not."""
    url = url.rstrip("/")
    if url.endswith(".git"):
        return (url,)
    return (f"{url}.git", url)
