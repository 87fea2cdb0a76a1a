"""Any Git repository over HTTPS: its metadata files, licence texts, README and root listing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from crawlers.faults import CrawlError
from crawlers.git import shallow
from crawlers.net.address import canonical, split
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged

FILE_BYTES = 512_000
MOST_LICENCES = 12
METADATA = {
    "publiccode.yml": "publiccode",
    "publiccode.yaml": "publiccode",
    "codemeta.json": "codemeta",
    "CITATION.cff": "citation",
}
_LICENCE = re.compile(r"(licen[sc]e|copying|unlicense)([-_.].*)?", re.I)
_README = re.compile(r"readme([-_.].*)?", re.I)
_READMES = (
    "readme.md",
    "readme.markdown",
    "readme.de.md",
    "readme.en.md",
    "readme.rst",
    "readme.adoc",
    "readme.txt",
    "readme",
)

# Addresses of a file at a commit, by forge; and the hosts and first labels of a host that tell the forge.
_PERMALINKS = {
    "github": "/blob/{commit}/{path}",
    "gitlab": "/-/blob/{commit}/{path}",
    "gitea": "/src/commit/{commit}/{path}",
}
_FORGES = {"github.com": "github", "gitlab.com": "gitlab", "codeberg.org": "gitea", "gitea.com": "gitea"}
_FORGE_LABELS = {"gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}


def crawl(source: Source, http: Http) -> Iterator[Event]:
    """The one repository at `source.url`; CrawlError if that is not the address of one."""
    url = canonical(source.url)
    yield from _events(url, http, known=source.known, forge="")


def read_files(url: str, http: Http, *, known: str, forge: str = "") -> Iterator[Event]:
    """The records of one repository and its closing event.

    `url` is canonical. `known` is the marker of the last crawl, "" if there was none. `forge` ("github",
    "gitlab", "gitea") decides how links to files are written where the host does not.
    """
    yield from _events(url, http, known={url: known}, forge=forge)


def _events(url: str, http: Http, *, known: Mapping[str, str], forge: str) -> Iterator[Event]:
    repository = url
    try:
        head = shallow.head(url, http)
        repository = url if head.url == url else canonical(head.url)
        aliases: tuple[str, ...] = () if repository == url else (url,)
        if not head.commit:
            yield Crawled(repository=repository, marker="", aliases=aliases, empty=True)
        elif head.commit in (known.get(repository), known.get(url)):
            yield Unchanged(repository=repository, marker=head.commit, aliases=aliases)
        else:
            snapshot = shallow.read(
                url,
                http,
                wanted=lambda name: bool(_format(name)),
                choose=_chosen,
                commit=head.commit,
                branch=head.branch,
                limit=FILE_BYTES,
                endpoint=head.endpoint,
            )
            yield from _records(snapshot, repository=repository, forge=forge)
            yield Crawled(repository=repository, marker=snapshot.commit, aliases=aliases)
    except CrawlError as error:
        yield Failed(repository=repository, error=error)


def _records(snapshot: shallow.Snapshot, *, repository: str, forge: str) -> Iterator[SourceRecord]:
    """A record for the repository and one for each file. CrawlError if all metadata is unreadable."""
    unread = [name for name in snapshot.skipped if name in METADATA]
    if unread and not any(name in METADATA for name in snapshot.files):
        link = permalink(repository, snapshot.commit, unread[0], forge=forge)
        code = "too-large" if snapshot.skipped[unread[0]] == "too-large" else "link"
        raise CrawlError(code, url=link, limit=FILE_BYTES)
    fetched = datetime.now(UTC)
    summary = {
        "branch": snapshot.branch,
        "commit": snapshot.commit,
        "listing": [f"{name}/" if kind == "tree" else name for name, kind in snapshot.listing],
        "url": repository,
    }
    yield SourceRecord(
        uri=f"{repository}#{snapshot.commit}",
        format="repository",
        content=msgspec.json.encode(summary),
        repository=repository,
        fetched=fetched,
        commit=snapshot.commit,
    )
    for name, content in snapshot.files.items():
        yield SourceRecord(
            uri=permalink(repository, snapshot.commit, name, forge=forge),
            format=_format(name),
            content=content,
            repository=repository,
            fetched=fetched,
            path=name,
            commit=snapshot.commit,
        )


def permalink(repository: str, commit: str, path: str, *, forge: str = "") -> str:
    """The address of a file at a commit: the forge's page of it, or else `repository#commit:path`.

    >>> permalink("https://codeberg.org/town/app", "1f0e", "publiccode.yml")
    'https://codeberg.org/town/app/src/commit/1f0e/publiccode.yml'
    """
    host = split(repository).host
    forge = forge or _FORGES.get(host) or _FORGE_LABELS.get(host.partition(".")[0], "")
    if forge not in _PERMALINKS:
        return f"{repository}#{commit}:{quote(path)}"
    return repository + _PERMALINKS[forge].format(commit=commit, path=quote(path))


def _format(name: str) -> str:
    """The format of a file, by its name; "" if it is not wanted."""
    if name in METADATA:
        return METADATA[name]
    if _LICENCE.fullmatch(name):
        return "licence"
    if _README.fullmatch(name):
        return "readme"
    return ""


def _chosen(names: Sequence[str]) -> set[str]:
    """All metadata, some licences, one README."""
    metadata = [name for name in names if name in METADATA]
    licences = sorted(name for name in names if _format(name) == "licence")
    readmes = sorted((name for name in names if _format(name) == "readme"), key=_readme_order)
    return {*metadata, *licences[:MOST_LICENCES], *readmes[:1]}


def _readme_order(name: str) -> tuple[int, int, str]:
    lower = name.lower()
    rank = _READMES.index(lower) if lower in _READMES else len(_READMES)
    return (rank, len(name), name)
