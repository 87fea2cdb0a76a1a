"""Which files are wanted of a repository: those of the formats that we read."""

from __future__ import annotations

import hashlib
from functools import cache

import msgspec

from crawlers.source import FileFormat
from vocabularies.formats.registry import FORMATS


@cache
def wanted_files() -> tuple[FileFormat, ...]:
    """The files by format, as the crawlers are told."""
    return tuple(
        FileFormat(
            format=row.name,
            names=row.names,
            pattern=row.pattern,
            preferred=row.preferred,
            most=row.most,
            metadata=row.metadata,
        )
        for row in FORMATS.values()
        if row.names or row.pattern
    )


def version() -> str:
    """A hash of what is wanted: a repository that was read for other files is read again, changed or not."""
    return hashlib.sha256(msgspec.json.encode(wanted_files())).hexdigest()[:16]
