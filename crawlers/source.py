"""What a crawler is given and what it yields: the seam between forges and formats.

A crawler is a generator function `crawl(source, http) -> Iterator[Event]`. For every repository it meets it yields
any number of `SourceRecord`s and then exactly one closing event: `Crawled`, `Unchanged` or `Failed`. It raises
`CrawlError` only when the source as a whole cannot be read; what fails for one repository is that repository's `Failed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place to crawl. `kind` is a key of `crawlers.registry.CRAWLERS`; `url` names a repository, owner or instance.

    `known` maps the URL of a repository to the marker its last `Crawled` or `Unchanged` gave: an unchanged one costs nothing
    more.
    """

    kind: str
    url: str
    options: dict[str, str] = {}
    known: Mapping[str, str] = {}


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document as it was found, byte for byte. `format` is a key of `vocabularies.reading.FORMATS`.

    `uri` is where this very document lies (a raw file at a commit, an API address), `repository` the repository it speaks of,
    `path` the file's place in that repository ("" for what a forge says), `commit` the Git object id ("" where there is none).
    """

    uri: str
    format: str
    content: bytes
    repository: str
    fetched: datetime
    path: str = ""
    commit: str = ""


class Crawled(msgspec.Struct, frozen=True, kw_only=True):
    """The repository was read whole: metadata files not among its records do not exist there.

    `marker` comes back as `Source.known[repository]`; `aliases` are other addresses and ids that answered for it
    (old names after a rename, the forge's numeric id as `github.com#123`); `empty` says that it has no commit.
    `partial` says that its files could not be read now although the forge answered: what is known of them stays.
    """

    repository: str
    marker: str
    aliases: tuple[str, ...] = ()
    empty: bool = False
    partial: bool = False


class Unchanged(msgspec.Struct, frozen=True, kw_only=True):
    """The repository answered and its files are those of the known marker."""

    repository: str
    marker: str
    aliases: tuple[str, ...] = ()


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """This repository could not be read. What is known of it stays as it is."""

    repository: str
    error: CrawlError


Event = SourceRecord | Crawled | Unchanged | Failed

# Code -> English sentence (the message id of the gettext catalogue). Values are filled in with str.format.
SENTENCES: dict[str, str] = {
    "no-url": "‘{url}’ is not a web address. Please give the address of a repository, for example https://github.com/owner/name.",
    "not-https": "‘{url}’ does not begin with https://. Only encrypted addresses are read.",
    "credentials": "The address contains a user name or password. Please give the public address without them.",
    "forbidden-address": "{host} leads to a private or reserved network address. Such addresses are not read.",
    "forbidden-port": "{host} was named with port {port}. Only the usual ports 80 and 443 are read.",
    "unknown-host": "There is no server with the name {host}.",
    "unreachable": "{host} could not be reached ({reason}).",
    "timeout": "{host} did not answer completely within {seconds} seconds.",
    "too-large": "{url} is larger than the {limit} bytes that are read.",
    "encoding": "{host} sent an answer with a chained or unknown compression. It was not read.",
    "redirects": "{url} redirects more than {limit} times.",
    "tls": "The certificate of {host} is not valid ({reason}).",
    "not-found": "{url} does not exist or is not public.",
    "gone": "{url} has been removed.",
    "refused": "{host} refused the request (status {status}).",
    "rate-limit": "{host} asks to wait until {until}.",
    "server-error": "{host} reports a fault of its own (status {status}).",
    "not-json": "{url} answered with something else than the expected data (an error page, perhaps).",
    "truncated": "The answer of {url} was cut off.",
    "not-a-repository": "{url} is no Git repository that can be read without signing in.",
    "empty-repository": "{url} is an empty repository.",
    "bad-repository": "{url} sent data that is no valid Git data ({reason}).",
    "git-said": "The Git server of {url} refused to answer: {said}",
    "object-format": "{url} names its objects with SHA-256. Such repositories cannot be read yet.",
    "link": "{url} is only a link to another file. Please put the file itself in its place.",
    "no-such-owner": "There is no organisation, group or user at {url}.",
    "unknown-forge": "{host} is no GitHub, GitLab, Gitea or Forgejo that could be recognised. "
    "Please give the address of a single repository. GitHub Enterprise, and forges below a path of their host, are only read repository by repository.",
    "breaker": "{host} failed {count} times in a row and is left alone until {until}.",
    "replaced": "{url} is another repository now than the one that was read there before. Nothing was taken from it.",
    "led-astray": "{url} leads to {there}, which is another entry. Nothing was taken from it.",
    "internal": "{url} was read, but Allmende could not keep it because of a fault of its own, which is in its log.",
    "ignored": "{url} asks not to be listed (allmende: ignore).",
}


class CrawlError(Exception):
    """Something at the other end; `code` is a key of SENTENCES, `values` fill its sentence. Never carries a token.

    `status` is the HTTP status if there was one; `retry_at` (seconds since the epoch) when the host asked to wait.
    """

    def __init__(self, code: str, *, status: int = 0, retry_at: float = 0.0, **values: str | int) -> None:
        self.code = code
        said = {**values, "status": status} if status else values
        self.values = {key: str(value) for key, value in said.items()}
        self.status = status
        self.retry_at = retry_at
        super().__init__(SENTENCES[code].format_map(_Missing(self.values)))


class _Missing(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
