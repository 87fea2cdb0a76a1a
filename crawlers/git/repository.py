"""Any Git repository over HTTPS: the wanted files in its root, and what else lies there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from crawlers.faults import CrawlError
from crawlers.forges.addresses import canonical
from crawlers.git import shallow
from crawlers.net.http import Http
from crawlers.source import Crawled, Event, Failed, FileFormat, SourceRecord, Unchanged

FILE_BYTES = 512_000
FilePage = Callable[[str, str, str], str]  # repository, commit, path -> address


def read_files(
    url: str, http: Http, *, known: Mapping[str, str], files: Sequence[FileFormat], page: FilePage
) -> Iterator[Event]:
    """The records of one repository and its closing event.

    `url` is canonical. `known` maps the address of a repository to the commit at which it was read. `page`
    gives the address of a file at a commit.
    """
    repository = url
    wanted = Wanted(files)
    try:
        head = shallow.head(url, http, marker=known.get(url, ""))
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
                wanted=wanted.has,
                choose=wanted.chosen,
                commit=head.commit,
                branch=head.branch,
                limit=FILE_BYTES,
                endpoint=head.endpoint,
            )
            yield from _records(snapshot, repository=repository, wanted=wanted, page=page)
            yield Crawled(repository=repository, marker=snapshot.commit, aliases=aliases)
    except CrawlError as error:
        yield Failed(repository=repository, error=error)


class Wanted:
    """The files that are wanted of a repository, by name."""

    def __init__(self, files: Sequence[FileFormat]) -> None:
        self._files = files
        self._patterns = {file.format: re.compile(file.pattern, re.I) for file in files if file.pattern}

    def of(self, name: str) -> FileFormat | None:
        """The format of a file; an exact name counts before a pattern."""
        for file in self._files:
            if name in file.names:
                return file
        for file in self._files:
            pattern = self._patterns.get(file.format)
            if pattern is not None and pattern.fullmatch(name):
                return file
        return None

    def has(self, name: str) -> bool:
        """Whether a file is wanted at all."""
        return self.of(name) is not None

    def metadata(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are metadata files."""
        return [name for name in names if (file := self.of(name)) is not None and file.metadata]

    def chosen(self, names: Sequence[str]) -> set[str]:
        """The files that are read: of a format that may be there often only the most telling ones."""
        chosen: set[str] = set()
        for file in self._files:
            ours = [name for name in names if self.of(name) is file]
            if file.most:
                ours = sorted(ours, key=lambda name: _order(name, file))[: file.most]
            chosen.update(ours)
        return chosen


def _order(name: str, file: FileFormat) -> tuple[int, int, str]:
    lower = name.lower()
    if lower in file.preferred:
        return (file.preferred.index(lower), len(name), name)
    return (len(file.preferred), len(name) if file.preferred else 0, name)


def _records(
    snapshot: shallow.Snapshot, *, repository: str, wanted: Wanted, page: FilePage
) -> Iterator[SourceRecord]:
    """A record for the repository and one for each file. CrawlError if all metadata is unreadable."""
    unread = wanted.metadata(snapshot.skipped)
    if unread and not wanted.metadata(snapshot.files):
        link = page(repository, snapshot.commit, unread[0])
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
        file = wanted.of(name)
        if file is None:
            continue
        yield SourceRecord(
            uri=page(repository, snapshot.commit, name),
            format=file.format,
            content=content,
            repository=repository,
            fetched=fetched,
            path=name,
            commit=snapshot.commit,
        )
