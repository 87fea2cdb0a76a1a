"""The formats we know, one row each; everything that is true of one of them is asked of its row."""

from __future__ import annotations

from vocabularies import writing
from vocabularies.formats import (
    citation,
    codemeta,
    curated,
    gitea,
    github,
    gitlab,
    licence,
    publiccode,
    readme,
    repository,
)
from vocabularies.formats.format import Format

CORRECTION = "correction"  # a word of the operator's about one field

_ROWS = (
    Format(
        name=CORRECTION,
        label="the operator of this site",
        rank=0,
        metadata=True,
        by_operator=True,
    ),
    Format(
        name="publiccode",
        rank=1,
        metadata=True,
        original_key="url",
        parse=publiccode.parse,
        names=("publiccode.yml", "publiccode.yaml"),
        suffixes=(".yml", ".yaml"),
        write=writing.publiccode,
        media_type="application/yaml; charset=utf-8",
        rows=publiccode.CROSSWALK.rows,
    ),
    Format(
        name="codemeta",
        rank=2,
        metadata=True,
        parse=codemeta.parse,
        names=("codemeta.json",),
        suffixes=(".json",),
        write=writing.codemeta,
        media_type="application/ld+json",
        rows=codemeta.CROSSWALK.rows,
    ),
    Format(
        name="citation",
        rank=3,
        metadata=True,
        parse=citation.parse,
        names=("CITATION.cff",),
        suffixes=(".cff",),
        rows=citation.CROSSWALK.rows,
    ),
    Format(
        name=curated.NAME,
        label="our own list",
        rank=4,
        metadata=True,
        by_operator=True,
        parse=curated.parse,
    ),
    # What forges say of a repository; such a row has the name of the forge's (crawlers/forges/registry.py).
    Format(name=github.NAME, rank=5, parse=github.parse, rows=github.GITHUB.crosswalk.rows),
    Format(name=gitlab.NAME, rank=5, parse=gitlab.parse, rows=gitlab.GITLAB.crosswalk.rows),
    Format(name=gitea.NAME, rank=5, parse=gitea.parse, rows=gitea.GITEA.crosswalk.rows),
    # What is only guessed from texts.
    Format(
        name="licence",
        label="the licence file",
        rank=6,
        parse=licence.parse,
        pattern=r"(licen[sc]e|copying|unlicense)([-_.].*)?",
        most=12,
    ),
    Format(
        name="readme",
        label="README",
        rank=7,
        parse=readme.parse,
        pattern=r"readme([-_.].*)?",
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
        most=1,
    ),
    Format(name=repository.NAME, label="the repository itself", rank=8, parse=repository.parse),
)
FORMATS: dict[str, Format] = {row.name: row for row in _ROWS}
