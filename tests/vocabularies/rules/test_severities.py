"""How bad a problem is, is said by the rule of its format, version and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import pytest

from vocabularies.crosswalk.rows import Nested, Reading, Row
from vocabularies.formats import citation, publiccode
from vocabularies.problems import PROBLEMS, Problem, Severity
from vocabularies.rules import severities
from vocabularies.rules.severities import RULES, judged, severity

_GENERIC = "description.it.genericName"
_COUNTRY = "intendedAudience.countries[0]"


@pytest.mark.parametrize(
    ("version", "key", "code", "expected"),
    [
        ("0.2", _GENERIC, "empty-value", "error"),  # mandatory until 0.3
        ("0.2.1", _GENERIC, "empty-value", "error"),
        ("0.3", _GENERIC, "empty-value", "warning"),
        ("0.2", "landingURL", "empty-value", "warning"),  # never mandatory
        ("0.2", _GENERIC, "deprecated", "info"),
        ("0.3.0", _GENERIC, "deprecated", "warning"),
        ("0.4", "legal.repoOwner", "deprecated", "info"),
        ("0.5", "legal.repoOwner", "deprecated", "warning"),
        ("0.4", _COUNTRY, "country-case", "info"),
        ("0.5", _COUNTRY, "country-case", "warning"),
        ("0.1", "categories", "empty-value", "warning"),
        ("0.2", "categories", "empty-value", "error"),
        ("0.5", "categories", "empty-value", "warning"),
        ("0.7", "name", "empty-value", "error"),
        ("0.7", "Name", "placeholder", "error"),  # as the key is read
        ("0.7", "maintenance.contacts[12].name", "placeholder", "error"),
        ("0.7", "platforms[0]", "empty-value", "warning"),  # an item, beside others
        ("0.7", "usedBy[0]", "empty-value", "warning"),
        ("0.1", "publiccode-yaml-version", "misspelt-key", "info"),
        ("0.2", "publiccode-yaml-version", "misspelt-key", "warning"),
        ("", _GENERIC, "deprecated", "warning"),  # no version is the newest
        ("0", _GENERIC, "deprecated", "warning"),
        ("soon", _GENERIC, "deprecated", "warning"),
        ("0.10", _GENERIC, "deprecated", "warning"),  # ten, not one
    ],
)
def test_a_key_of_publiccode(version: str, key: str, code: str, expected: str) -> None:
    assert severity("publiccode", version, key, code=code) == expected


@pytest.mark.parametrize(
    ("format_", "version", "key", "code", "expected"),
    [
        ("citation", "1.1.0", "date-released", "empty-value", "error"),  # required until 1.2
        ("citation", "1.2.0", "date-released", "empty-value", "warning"),
        ("citation", "1.2.0", "license", "bad-licence", "error"),
        ("codemeta", "3.0", "license[0]", "bad-licence", "warning"),
        ("codemeta", "3.0", "license[0].name[0]", "bad-licence", "warning"),
        ("codemeta", "3.0", "license[0].@id", "bad-licence", "warning"),
        ("codemeta", "3.0", "name[0]", "empty-value", "warning"),
    ],
)
def test_a_key_of_another_format(format_: str, version: str, key: str, code: str, expected: str) -> None:
    assert severity(format_, version, key, code=code) == expected


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_the_most_general_rule_is_the_row_of_the_code(code: str) -> None:
    assert severity("", "", "", code=code) is PROBLEMS[code].severity


def test_no_rule_says_what_holds_without_it() -> None:
    assert not [rule for rule in RULES if rule.severity is PROBLEMS[rule.code].severity]


def test_no_rule_hides_behind_another() -> None:
    """The first that fits counts: none of today has the same format, code and key."""
    keys = [(rule.format, rule.code, rule.key) for rule in RULES]
    assert len(keys) == len(set(keys))


def needed(rows: Iterable[Row], above: str = "") -> Iterator[str]:
    for row in rows:
        key = above + row.source
        if row.needed:
            yield key.removesuffix("[]")
        if isinstance(row.kind, Nested):
            yield from needed(row.kind.rows, f"{key}.")


@pytest.mark.parametrize(
    ("format_", "crosswalk"), [("publiccode", publiccode.CROSSWALK), ("citation", citation.CROSSWALK)]
)
def test_what_must_be_there_must_have_a_value(format_: str, crosswalk: object) -> None:
    """The rows that report a key as missing are those whose empty value is an error."""
    rows = (row for row in getattr(crosswalk, "rows", ()) if not row.read_only)
    for key in needed(rows):
        path = key.replace("[]", "[0]").replace("*", "de")
        assert severity(format_, "", path, code="empty-value") is Severity.ERROR, key


def test_what_is_judged_is_stored_only_if_a_rule_says_otherwise() -> None:
    problems = [Problem(code="empty-value", path=path) for path in ("name", "roadmap")]
    ruled, usual = judged(problems, "publiccode", "0.7")
    assert ruled.severity is Severity.ERROR
    assert usual is problems[1]
    assert usual.severity is Severity.WARNING
    stored = msgspec.json.decode(msgspec.json.encode(Reading(format="publiccode", problems=(ruled, usual))))
    assert [one.get("judged") for one in stored["problems"]] == ["error", None]


def test_a_reading_stored_before_there_were_spans_and_rules_is_still_read() -> None:
    old = (
        b'{"format":"publiccode","version":"0.2","problems":'
        b'[{"code":"empty-value","path":"name","line":4,"column":1},{"code":"bad-url","path":"url"}]}'
    )
    first, second = msgspec.json.decode(old, type=Reading).problems
    assert (first.line, first.column, first.span, first.severity) == (4, 1, None, Severity.WARNING)
    assert (second.line, second.span, second.severity) == (0, None, Severity.ERROR)


def test_a_reading_is_valid_by_its_rules() -> None:
    head = "name: x\nurl: https://example.org/x\nplatforms: [web]\ndevelopmentStatus: stable\n"
    tail = (
        "softwareType: library\nlegal: {license: MIT}\nmaintenance: {type: none}\n"
        "localisation: {localisationReady: no, availableLanguages: [de]}\n"
        "categories:\ndescription: {de: {shortDescription: Tut etwas}}\n"
    )
    old, new = (
        publiccode.parse(f"publiccodeYmlVersion: '{version}'\n{head}{tail}".encode())
        for version in ("0.4", "0.5")
    )
    assert (old.version, old.valid, new.version, new.valid) == ("0.4", False, "0.5", True)
    assert [one.code for one in old.problems] == [one.code for one in new.problems]


def test_rules_name_formats_and_codes_that_there_are() -> None:
    assert {rule.format for rule in severities.RULES} <= {"publiccode", "citation", "codemeta"}
    assert {rule.code for rule in severities.RULES} <= PROBLEMS.keys()
