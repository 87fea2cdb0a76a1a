"""What a Git server says of itself: its version, whether it can filter, how it names objects."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import pktline
from crawlers.git.object_format import SHA1, SHA256, ObjectFormat
from crawlers.git.remote import BRANCHES, FALLBACK_CODES, SERVICE, bad_repository, endpoints, headers
from crawlers.net.address import shown
from crawlers.net.http import Http, Response

REFERENCE_BYTES = 20_000_000  # old servers send every reference
_CAPABILITY_PACKETS = 100  # that may hold capabilities; every reference follows


class Advertisement(msgspec.Struct, frozen=True):
    """The capabilities of a server: whether it can filter objects, how it names them.

    In versions before 2 it includes HEAD, and the first branches.
    """

    endpoint: str
    version: int
    filters: bool
    commit: str = ""
    branch: str = ""
    object_format: ObjectFormat = SHA1
    branches: tuple[str, ...] = ()


def fetch_advertisement(url: str, http: Http) -> Advertisement:
    """The advertisement at one of the endpoints of `url`. CrawlError "not-found" or "not-a-repository"."""
    failure: CrawlError | None = None
    for endpoint in endpoints(url):
        try:
            response = http.get(
                f"{endpoint}/info/refs?service={SERVICE}",
                headers=headers(http),
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
    if not response.headers.get("content-type", "").startswith(f"application/x-{SERVICE}-advertisement"):
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
        fetch = _value(lines, b"fetch=").split(b" ")
        return Advertisement(
            endpoint=endpoint,
            version=2,
            filters=b"filter" in fetch,
            object_format=_object_format(lines, url),
        )
    try:
        return _old_advertisement(lines, url, endpoint=endpoint)
    except pktline.Malformed as error:
        raise bad_repository(error, url) from error


def _old_advertisement(lines: Sequence[bytes], url: str, *, endpoint: str) -> Advertisement:
    """Versions before 2: references, behind the first one a NUL byte and the capabilities."""
    reference, _, offered = (lines[0] if lines else b"").partition(b"\0")
    capabilities = offered.split(b" ")
    named = _object_format(capabilities, url)
    identifier, *names = reference.split(b" ")
    if names != [b"HEAD"] or not identifier:
        heads = [line.partition(b"\0")[0].partition(f" {BRANCHES}".encode())[2] for line in lines]
        branches = tuple(name.decode("utf-8", "replace") for name in heads if name)
        return Advertisement(
            endpoint=endpoint, version=0, filters=False, object_format=named, branches=branches
        )
    branch = _value(capabilities, b"symref=HEAD:").decode("utf-8", "replace")
    return Advertisement(
        endpoint=endpoint,
        version=0,
        filters=False,
        commit=pktline.object_id(identifier),
        branch=branch.removeprefix(BRANCHES),
        object_format=named,
    )


def _object_format(capabilities: Sequence[bytes], url: str) -> ObjectFormat:
    """How a server names its objects, which it says where it is not by SHA-1."""
    name = _value(capabilities, b"object-format=").decode("ascii", "replace")
    for known in (SHA1, SHA256):
        if name in ("", known.name):
            return known
    raise CrawlError("names-of-objects", url=shown(url), name=pktline.printable(name.encode()))


def _value(words: Sequence[bytes], prefix: bytes) -> bytes:
    """What follows the prefix in the first word that begins with it, empty if none does."""
    return next((word.removeprefix(prefix) for word in words if word.startswith(prefix)), b"")
