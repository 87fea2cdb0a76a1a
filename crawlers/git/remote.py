"""Asks a Git server over HTTP, in protocol version 2: what HEAD is, what a commit's root holds, what blobs contain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import packs, pktline
from crawlers.net.address import shown
from crawlers.net.http import Http, Response

SECONDS = 30.0  # for each question
TREE_BYTES = 4_000_000
REFERENCE_BYTES = 20_000_000  # old servers send every reference
# What may only mean that the server wants to be asked in another way.
DOUBTFUL = {"not-found", "gone", "refused", "bad-repository", "git-refused", "redirects", "server-error"}
_FIRST = 100  # packets in which a server says what it can do; every reference follows
_SERVICE = "git-upload-pack"


def ask_head(endpoint: str, url: str, http: Http) -> tuple[str, str, str]:
    """Where the answer came from (the end of redirects), and the commit and branch of HEAD, "" if the repository is empty."""
    question = pktline.command("ls-refs", ["symrefs", "ref-prefix HEAD"])
    response = _ask(endpoint, url, http, question=question, limit=1_000_000)
    commit = branch = ""
    try:
        for identifier, name, target in pktline.references(response.content):
            if name == "HEAD":
                commit, branch = identifier, target.removeprefix("refs/heads/")
    except pktline.Malformed as error:
        raise bad(error, url) from error
    return response.final_url.removesuffix(f"/{_SERVICE}"), commit, branch


class Remote:
    """The objects of one commit, asked for over HTTP."""

    def __init__(self, endpoint: str, url: str, http: Http, *, commit: str) -> None:
        self._endpoint, self._url, self._http, self._commit = endpoint, url, http, commit

    def root(self) -> tuple[str, bytes]:
        found = self._fetch([self._commit], "deepen 1", "filter tree:1", limit=TREE_BYTES)
        try:
            tree = found[packs.tree_of(found[self._commit].content)].content
        except KeyError as error:
            raise CrawlError(
                "bad-repository", url=shown(self._url), reason="its commit cannot be read"
            ) from error
        except pktline.Malformed as error:
            raise bad(error, self._url) from error
        return self._commit, tree

    def blobs(self, names: Sequence[str], *, limit: int) -> Mapping[str, bytes | None]:
        try:
            found = self._fetch(names, limit=limit)
        except CrawlError as error:
            if error.code != "too-large":
                raise
            if len(names) == 1:
                return {names[0]: None}
            apart: dict[str, bytes | None] = {}  # only alone can it be told which one it was
            for name in names:
                apart |= self.blobs([name], limit=limit)
            return apart
        return {name: found[name].content for name in names if name in found and found[name].kind == "blob"}

    def _fetch(self, names: Sequence[str], *arguments: str, limit: int) -> dict[str, packs.Object]:
        wants = [f"want {name}" for name in names]
        question = pktline.command("fetch", ["no-progress", "ofs-delta", *wants, *arguments, "done"])
        most = min(len(names) * limit + 100_000, 16_000_000)
        response = _ask(self._endpoint, self._url, self._http, question=question, limit=most)
        try:
            return packs.unpack(pktline.pack(response.content), limit=limit)
        except pktline.Malformed as error:
            raise bad(error, self._url) from error
        except packs.TooLarge as error:
            raise CrawlError("too-large", url=shown(self._url), limit=limit) from error


class Advertised(msgspec.Struct, frozen=True):
    """What a server says of itself. In versions before 2 that includes HEAD."""

    endpoint: str
    version: int
    filters: bool
    commit: str = ""
    branch: str = ""


def advertised(url: str, http: Http) -> Advertised:
    """Ask the server what it can do, at both spellings; CrawlError "not-found" or "not-a-repository" if there is none."""
    failure: CrawlError | None = None
    for spelling in spellings(url):
        try:
            response = http.get(
                f"{spelling}/info/refs?service={_SERVICE}",
                headers=_headers(http),
                limit=REFERENCE_BYTES,
                anonymous=True,
            )
            return _understood(response, url)
        except CrawlError as error:
            if error.code not in (*DOUBTFUL, "not-a-repository"):
                raise
            failure = failure if failure and error.code == "not-found" else error
    assert failure is not None
    if failure.status in (401, 404):
        raise CrawlError("not-found", url=shown(url), status=failure.status) from failure
    if failure.code == "gone":
        raise CrawlError("gone", url=shown(url), status=failure.status) from failure
    raise failure


def _understood(response: Response, url: str) -> Advertised:
    if not response.headers.get("content-type", "").startswith(f"application/x-{_SERVICE}-advertisement"):
        raise CrawlError("not-a-repository", url=shown(url))
    endpoint = response.final_url.partition("?")[0].removesuffix("/info/refs")
    try:
        beginning = islice(pktline.packets(response.content), _FIRST)
        said = [packet[1:].rstrip(b"\n") for packet in beginning if packet.startswith(b"=")]
    except pktline.Malformed as error:
        raise bad(error, url) from error
    if said and said[0].startswith(b"# service="):
        said.pop(0)
    if said and said[0] == b"version 2":
        if b"object-format=sha256" in said:
            raise CrawlError("object-format", url=shown(url))
        fetch = next((line for line in said if line.startswith(b"fetch=")), b"fetch=")
        return Advertised(endpoint=endpoint, version=2, filters=b"filter" in fetch[6:].split(b" "))
    first, _, offered = (said[0] if said else b"").partition(b"\0")
    capabilities = offered.split(b" ")
    if b"object-format=sha256" in capabilities:
        raise CrawlError("object-format", url=shown(url))
    words = first.split(b" ")
    branch = next((word[12:] for word in capabilities if word.startswith(b"symref=HEAD:")), b"").decode(
        "utf-8", "replace"
    )
    commit = words[0].decode("ascii", "replace") if words[1:] == [b"HEAD"] else ""
    return Advertised(
        endpoint=endpoint,
        version=0,
        filters=False,
        commit=commit,
        branch=branch.removeprefix("refs/heads/") if commit else "",
    )


def _ask(endpoint: str, url: str, http: Http, *, question: bytes, limit: int) -> Response:
    headers = {
        **_headers(http),
        "Content-Type": f"application/x-{_SERVICE}-request",
        "Accept": f"application/x-{_SERVICE}-result",
    }
    response = http.post(
        f"{endpoint}/{_SERVICE}",
        content=question,
        headers=headers,
        limit=limit,
        deadline=SECONDS,
        redirects=True,
        anonymous=True,
    )
    if not response.headers.get("content-type", "").startswith(f"application/x-{_SERVICE}-result"):
        raise CrawlError("bad-repository", url=shown(url), reason="it answered with a page")
    return response


def bad(error: pktline.Malformed, url: str) -> CrawlError:
    """The error that people see."""
    if error.said:
        return CrawlError("git-refused", url=shown(url), message=error.said)
    return CrawlError("bad-repository", url=shown(url), reason=str(error))


def _headers(http: Http) -> dict[str, str]:
    """No token ever goes along, so that nothing is read here that the public may not see. Some forges want to hear `git/`."""
    return {"Git-Protocol": "version=2", "User-Agent": f"git/2 {http.policy.user_agent}"}


def spellings(url: str) -> tuple[str, ...]:
    """Every large forge knows the ending `.git`; some plain servers know only the name without it."""
    url = url.rstrip("/")
    return (url,) if url.endswith(".git") else (f"{url}.git", url)
