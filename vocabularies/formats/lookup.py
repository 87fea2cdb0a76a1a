"""Finding the row of a format: of a stored record, and of a file by its name."""

from __future__ import annotations

import re
from pathlib import PurePath

from vocabularies.formats.format import LAST, Format
from vocabularies.formats.registry import FORMATS


def row_of(name: str) -> Format:
    """The row of a format; one that counts least for what another version of Allmende has stored.

    >>> row_of("publiccode").title, row_of("of-tomorrow").title
    ('publiccode.yml', 'of-tomorrow')
    """
    return FORMATS.get(name) or Format(name=name, rank=LAST)


def of_file(name: str) -> Format | None:
    """The format of a file in a repository's root; a name counts before a pattern.

    >>> of_file("citation.CFF").name, of_file("COPYING.txt").name, of_file("setup.cfg")
    ('citation', 'licence', None)
    """
    return named(name) or next(
        (row for row in FORMATS.values() if row.pattern and re.fullmatch(row.pattern, name, re.I)), None
    )


def named(name: str) -> Format | None:
    """The format whose files are called so, whatever the case."""
    lower = name.lower()
    for row in FORMATS.values():
        if lower in (one.lower() for one in row.names):
            return row
    return None


def described_by(name: str) -> Format | None:
    """The format of metadata that a file on a disk is of: by its name, else by its ending.

    >>> described_by("draft.yml").name, described_by("README.md")
    ('publiccode', None)
    """
    ending = PurePath(name).suffix.lower()
    return named(name) or next((row for row in FORMATS.values() if ending in row.suffixes), None)


def public() -> list[Format]:
    """The formats in which publishers describe their software, best first."""
    return sorted((row for row in FORMATS.values() if row.public), key=lambda row: row.rank)


def files() -> list[Format]:
    """The formats of which a repository may have files, best first."""
    found = (row for row in FORMATS.values() if row.names or row.pattern)
    return sorted(found, key=lambda row: row.rank)


def written() -> dict[str, Format]:
    """The formats that a solution can be written in, by the name of such a file."""
    return {row.file_name: row for row in FORMATS.values() if row.write is not None}
