"""Which files are wanted of a repository: those of the formats that we read."""

from __future__ import annotations

from functools import cache

from crawlers.source import FileFormat


@cache
def wanted_files() -> tuple[FileFormat, ...]:
    """The files by format, as the crawlers are told."""
    return FILES


FILES = (
    FileFormat(format="publiccode", names=("publiccode.yml", "publiccode.yaml"), metadata=True),
    FileFormat(format="codemeta", names=("codemeta.json",), metadata=True),
    FileFormat(format="citation", names=("CITATION.cff",), metadata=True),
    FileFormat(format="licence", pattern=r"(licen[sc]e|copying|unlicense)([-_.].*)?", most=12),
    FileFormat(
        format="readme",
        pattern=r"readme([-_.].*)?",
        most=1,
        preferred=(
            "readme.md",
            "readme.markdown",
            "readme.de.md",
            "readme.en.md",
            "readme.rst",
            "readme.adoc",
            "readme.txt",
            "readme",
        ),
    ),
)
