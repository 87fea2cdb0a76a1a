"""What a crawler is given and what it yields: the seam between forges and formats.

A crawler is a generator function `crawl(source, http) -> Iterator[Task]` that lists repositories and reads
none of them. It raises `CrawlError` only when the source as a whole cannot be read. Reading a task yields any
number of `SourceRecord`s and then exactly one closing event: `Crawled`, `Unchanged` or `Failed`; what fails
for one repository is that repository's `Failed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from crawlers.faults import CrawlError
from crawlers.net.http import Http


class FileFormat(msgspec.Struct, frozen=True, kw_only=True):
    """Which files in a repository's root are of a format, by their names.

    They are called as `names` has it, or as the regular expression `pattern` does, whatever the case. Of
    several at most `most` are read (0: all), those first that `preferred` names (in lower case), then the
    shorter ones. `metadata`: somebody describes the software in it.
    """

    format: str
    names: tuple[str, ...] = ()
    pattern: str = ""
    preferred: tuple[str, ...] = ()
    most: int = 0
    metadata: bool = False


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place to crawl: `url` names a repository, an owner or an instance.

    `kind` is a key of `crawlers.registry.CRAWLERS` or of the forges. `known` maps the URL of a repository to
    the marker that its last `Crawled` or `Unchanged` gave: an unchanged one costs nothing more. `files` are
    the files that are wanted of a repository.
    """

    kind: str
    url: str
    options: dict[str, str] = {}
    known: Mapping[str, str] = {}
    files: tuple[FileFormat, ...] = ()


class SourceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One document as it was found, byte for byte.

    `format` is a key of `vocabularies.formats.registry.FORMATS`.

    `uri` is where this very document lies (a raw file at a commit, an API address), `repository` the
    repository that it describes, `path` the file's place in that repository ("" for a forge's record),
    `commit` the Git object id ("" where there is none).
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

    `marker` comes back as `Source.known[repository]`. `aliases` are other addresses and ids of it (old names
    after a rename, the forge's numeric id as `github.com#123`). `empty`: it has no commit. `partial`: its
    files could not be read now although the forge answered, and what is known of them stays.
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


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A repository that a listing shows, not read yet: reading it gives its records and the closing event.

    `url` says at least on which host it is read.
    """

    url: str
    read: Callable[[Http], Iterator[Event]]
