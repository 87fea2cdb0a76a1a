"""Which files are wanted of a repository: those of the formats that we read."""

from __future__ import annotations

from functools import cache

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
