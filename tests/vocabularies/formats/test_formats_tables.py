"""The tables against what the standards publish.

No term of theirs is unknown to us, and two formats mean the same by the same term.
"""

from __future__ import annotations

import csv
from itertools import chain
from pathlib import Path

import pytest

from vocabularies import terms
from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.rows import Crosswalk, Nested, Row
from vocabularies.formats import citation, codemeta, gitea, github, gitlab, publiccode

CROSSWALKS = [
    publiccode.CROSSWALK,
    codemeta.CROSSWALK,
    citation.CROSSWALK,
    *(forge.crosswalk for forge in (github.GITHUB, gitlab.GITLAB, gitea.GITEA)),
]

# CodeMeta and publiccode.yml say it in different words, and we follow the better reading of each.
_APART = {
    ("targetProduct", "platforms"),  # a product is no platform
    ("keywords", "features"),  # a feature is a sentence, a keyword a word
    ("maintainer", "contractors"),  # CodeMeta does not tell a contract from a person
    ("applicationCategory", "genericName"),  # deprecated
    ("description", "shortDescription"),  # by length: descriptions.py
}
# Terms of CodeMeta that are not the software's: of persons, reviews and roles; those without a use that we
# know stay "not read".
_UNREAD = {
    "permissions", "supportingData", "position", "hasPart", "embargoEndDate", "contIntegration",
}  # fmt: skip


def _fields(crosswalk: Crosswalk, key: str) -> set[str]:
    """The fields that rows with this key, at any depth, fill."""
    return {
        field.partition(".")[0] for source, field in _sources(crosswalk.rows) if key in patterns.parts(source)
    }


def _keys(rows: tuple[Row, ...]) -> set[str]:
    """The keys of rows, at any depth."""
    return set(chain.from_iterable(patterns.parts(source) for source, _ in _sources(rows)))


def _sources(rows: tuple[Row, ...], below: str = "", field: str = "") -> list[tuple[str, str]]:
    found = []
    for row in rows:
        found.append((below + row.source, field or row.field))
        if isinstance(row.kind, Nested):
            found += _sources(row.kind.rows, f"{below}{row.source}.", field or row.field)
    return found


@pytest.mark.parametrize("crosswalk", CROSSWALKS, ids=lambda crosswalk: crosswalk.name)
def test_rows_fill_fields_that_exist(crosswalk: Crosswalk) -> None:
    for row in crosswalk.rows:
        field, _, inner = row.field.partition(".")
        assert field in terms.Solution.__struct_fields__, row.source
        assert not inner or inner in terms.Agent.__struct_fields__, row.source
        if isinstance(row.kind, Nested):
            assert all(
                nested.field.partition(".")[0] in row.kind.of.__struct_fields__ for nested in row.kind.rows
            ), row.source


@pytest.mark.parametrize("crosswalk", CROSSWALKS, ids=lambda crosswalk: crosswalk.name)
def test_no_key_stands_twice(crosswalk: Crosswalk) -> None:
    sources = [row.source for row in crosswalk.rows]
    assert len(sources) == len(set(sources))
    assert not set(sources) & {key for key, reason in crosswalk.ignored.items() if not reason}


def test_every_term_of_codemeta_is_known(shared: Path) -> None:
    with open(
        shared / "data" / "rdf" / "crosswalks" / "codemeta-properties.csv", encoding="utf-8", newline=""
    ) as file:
        published = [
            row["Property"]
            for row in csv.DictReader(file)
            if row["Parent Type"].split(":")[-1] not in ("Person", "Review", "Role")
        ]
    known = _keys(codemeta.CROSSWALK.rows) | {key.split(".")[0] for key in codemeta.CROSSWALK.ignored}
    assert len(published) > 50
    assert set(published) - known - _UNREAD == set()
    assert not _UNREAD & known - {"position", "contIntegration"}


def test_publiccode_and_codemeta_mean_the_same(shared: Path) -> None:
    with open(
        shared / "data" / "rdf" / "crosswalks" / "publiccode.csv", encoding="utf-8", newline=""
    ) as file:
        pairs = []
        for row in csv.DictReader(file):
            keys = [key.strip() for key in row["publiccode"].split("/")]
            pairs += [(row["Property"], key.split(".")[-1]) for key in keys if key]
    assert len(pairs) > 15
    for pair in pairs:
        ours, theirs = _fields(publiccode.CROSSWALK, pair[1]), _fields(codemeta.CROSSWALK, pair[0])
        if pair not in _APART:
            assert ours & theirs, (pair, ours, theirs)


def test_citation_and_codemeta_mean_the_same(shared: Path) -> None:
    with open(shared / "data" / "rdf" / "crosswalks" / "cff-1.2.0.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(name for name in rows[0] if name != "Property")
    for row in rows:
        key = row[column].split("/")[0].strip()
        known = _keys(citation.ROWS)
        if key in known and row["Property"] not in (
            "relatedLink",
            "softwareRequirements",
        ):  # a work that is cited need not be there to run
            ours, theirs = _fields(citation.CROSSWALK, key), _fields(codemeta.CROSSWALK, row["Property"])
            assert ours & theirs, (row["Property"], key, ours, theirs)
