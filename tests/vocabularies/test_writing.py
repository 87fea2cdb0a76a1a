"""What is written is read back as it was, and is what other tools expect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings

from tests.support import written_solutions
from vocabularies import reading, writing
from vocabularies.formats import codemeta, publiccode
from vocabularies.terms import Solution


def _differing(one: Solution, other: Solution | None) -> dict[str, Any]:
    assert other is not None
    return {
        name: (a, b)
        for name in Solution.__struct_fields__
        if (a := getattr(one, name)) != (b := getattr(other, name))
    }


@given(solution=written_solutions.PUBLICCODE)
def test_a_publiccode_is_read_back_as_it_was(solution: Solution) -> None:
    content = writing.publiccode(solution)
    assert _differing(solution, publiccode.parse(content).solution) == {}
    assert content == writing.publiccode(solution)


@given(solution=written_solutions.CODEMETA)
def test_a_codemeta_is_read_back_as_it_was(solution: Solution) -> None:
    content = writing.codemeta(solution)
    assert _differing(solution, codemeta.parse(content).solution) == {}
    assert content == writing.codemeta(solution)


@given(solution=written_solutions.PUBLICCODE)
@settings(max_examples=25)
def test_a_publiccode_is_plain_yaml(solution: Solution) -> None:
    content = writing.publiccode(solution).decode()
    assert yaml.safe_load(content) == yaml.safe_load(yaml.safe_dump(publiccode.write(solution)))
    assert not any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content))
    assert content.startswith("publiccodeYmlVersion: '0.7'\n")


@given(solution=written_solutions.CODEMETA)
@settings(max_examples=25)
def test_a_codemeta_has_only_terms_of_codemeta(solution: Solution) -> None:
    document = json.loads(writing.codemeta(solution))
    assert document["@context"] == "https://w3id.org/codemeta/3.0"
    assert document["@type"] == "SoftwareSourceCode"
    assert all("@" not in key[1:] and value not in ("", [], {}, None) for key, value in document.items())


def test_a_full_file_comes_out_complete() -> None:
    folder = Path(__file__).parents[1] / "fixtures" / "publiccode" / "full"
    said = publiccode.parse((folder / "publiccode.yml").read_bytes()).solution
    assert said is not None
    answer = publiccode.parse(writing.publiccode(said))
    assert answer.problems == ()
    assert answer.solution == said
    assert b"  - Stadt Nachbarstadt\n" in writing.publiccode(said)
    assert b"    longDescription: |-\n      B" in writing.publiccode(said)


def test_a_kind_of_ours_is_written_as_the_standard_knows_it() -> None:
    assert publiccode.write(Solution(kind=("document",)))["softwareType"] == "standalone/other"


def test_the_description_of_codemeta_is_the_long_text_or_the_short_one() -> None:
    both = Solution(
        name={"": "x"}, short_text={"de": "Kurz.", "en": "Short."}, text={"de": "Lang.\n\nUnd breit."}
    )
    document = codemeta.write(both)
    assert document["description"] == [
        {"@language": "de", "@value": "Lang.\n\nUnd breit."},
        {"@language": "en", "@value": "Short."},
    ]
    assert document["abstract"] == {"@language": "de", "@value": "Kurz."}


@pytest.mark.parametrize("format_", ["publiccode", "codemeta"])
def test_real_files_survive(format_: str, shared: Path) -> None:
    """What a real file says in current keys is the same after it was read, written and read again twice."""
    write, compared = getattr(writing, format_), 0
    for file in sorted((shared / "corpus" / format_).iterdir()):
        said = reading.parse(format_, file.read_bytes()).solution
        if said is not None:
            once = reading.parse(format_, write(said))
            assert once.solution is not None, file.name
            assert [
                problem for problem in once.problems if problem.code in ("syntax", "not-read", "wrong-type")
            ] == [], file.name
            assert reading.parse(format_, write(once.solution)).solution == once.solution, file.name
            lost = {
                name
                for name in _differing(said, once.solution)
                if getattr(once.solution, name) in ("", (), {}, None)
            }
            assert lost <= _NOT_WRITTEN[format_], file.name
            compared += 1
    assert compared > 20
    assert msgspec.json.encode(Solution()) == b"{}"


# Fields that only deprecated or foreign keys say.
_NOT_WRITTEN = {
    "publiccode": {
        "generic_name",
        "input_types",
        "output_types",
        "references",
        "first_published",
        "features",
        "documentation",
        "videos",
        "keywords",
    },
    "codemeta": set(),
}
