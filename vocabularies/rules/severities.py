"""How bad a problem is, by rule of format, version and key.

Reading says what was made of a file and where that was difficult (`vocabularies/problems.py`); a rule says
what the specification of its format makes of that difficulty. The first rule that fits counts; the most
general one is the row of the problem's code. What the rules rest on is told in docs/rules.md.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from vocabularies.crosswalk.patterns import folded, parts
from vocabularies.problems import PROBLEMS, Problem, Severity


class Rule(NamedTuple):
    """How bad the problem `code` is at a key of a format.

    `key` is a pattern as crosswalks have it: `*` is any key, `[]` an item of a list. The rule holds for
    versions from `since` on and older than `before`; "" leaves that side open.
    """

    format: str
    key: str
    code: str
    severity: Severity
    since: str = ""
    before: str = ""


def _mandatory(format_: str, *keys: str, since: str = "", before: str = "") -> Iterator[Rule]:
    """A mandatory key without a value breaks the specification no less than one that is missing."""
    for key, code in itertools.product(keys, ("empty-value", "placeholder")):
        yield Rule(format_, key, code, severity=Severity.ERROR, since=since, before=before)


def _deprecated(*keys: str, since: str) -> Iterator[Rule]:
    """What publiccode.yml has deprecated should be mended in a file of this version or a newer one."""
    for key in keys:
        yield Rule("publiccode", key, "deprecated", severity=Severity.WARNING, since=since)


RULES: tuple[Rule, ...] = (
    # publiccode.yml: presence of keys in docs/standard/schema.core.rst
    *_mandatory("publiccode", "name", "url", "platforms", "developmentStatus", "softwareType"),
    *_mandatory("publiccode", "legal.license", "maintenance.type", "description.*.shortDescription"),
    *_mandatory("publiccode", "localisation.localisationReady", "localisation.availableLanguages"),
    *_mandatory("publiccode", "maintenance.contacts[].name", "maintenance.contractors[].name"),
    *_mandatory("publiccode", "maintenance.contractors[].until", "dependsOn.*[].name"),
    *_mandatory("publiccode", "fundedBy[].name", "usedBy[].name"),
    *_mandatory("publiccode", "description.*.genericName", before="0.3"),
    *_mandatory("publiccode", "categories", since="0.2", before="0.5"),
    *_mandatory("publiccode", "softwareVersion", "releaseDate", before="0.2"),
    *_mandatory("publiccode", "organisation.uri", since="0.5"),
    # publiccode.yml: deprecations in CHANGELOG.rst
    *_deprecated("description.*.genericName", "monochromeLogo", "inputTypes[]", "outputTypes[]", since="0.3"),
    *_deprecated("legal.repoOwner", since="0.5"),
    # publiccode.yml: codes of countries in small letters were the rule before they were deprecated
    Rule("publiccode", "intendedAudience.countries[]", "country-case", Severity.WARNING, since="0.5"),
    Rule(
        "publiccode",
        "intendedAudience.unsupportedCountries[]",
        "country-case",
        Severity.WARNING,
        since="0.5",
    ),
    # publiccode.yml: 0.1 spells the key of the version so
    Rule("publiccode", "publiccode-yaml-version", "misspelt-key", Severity.INFO, before="0.2"),
    Rule("publiccode", "publiccode-yml-version", "misspelt-key", Severity.INFO, before="0.2"),
    # CITATION.cff: required keys in schema-guide.md
    *_mandatory("citation", "title", "authors"),
    *_mandatory("citation", "version", "date-released", before="1.2"),
    # CodeMeta: a licence is any address or work, not only an SPDX expression
    Rule("codemeta", "license[]", "bad-licence", Severity.WARNING),
    Rule("codemeta", "license[].*", "bad-licence", Severity.WARNING),
    Rule("codemeta", "license[].*[]", "bad-licence", Severity.WARNING),
)  # fmt: skip


def severity(format_: str, version: str, key: str, *, code: str) -> Severity:
    """How bad a problem is at a key of a file.

    `key` is a path of the file; a file of no known version is taken for one of the newest.

    >>> path = "description.it.genericName"
    >>> severity("publiccode", "0.2", path, code="empty-value")
    <Severity.ERROR: 'error'>
    >>> severity("publiccode", "0.3", path, code="empty-value")
    <Severity.WARNING: 'warning'>
    """
    for rule in _BY_CODE.get((format_, code), ()):
        if _holds(rule, version) and _means(rule.key, key):
            return rule.severity
    return PROBLEMS[code].severity


def judged(problems: Iterable[Problem], format_: str, version: str) -> Iterator[Problem]:
    """The problems of a file, each as bad as its rule says."""
    for problem in problems:
        ruled = severity(format_, version, problem.path, code=problem.code)
        if ruled is problem.severity:
            yield problem
        else:
            yield msgspec.structs.replace(problem, judged=ruled)


def _by_code() -> dict[tuple[str, str], list[Rule]]:
    rules: dict[tuple[str, str], list[Rule]] = {}
    for rule in RULES:
        rules.setdefault((rule.format, rule.code), []).append(rule)
    return rules


_BY_CODE = _by_code()
_STEP = re.compile(r'\["[^"]*"\]|\[\d+\]|[^.\[\]]+')


def _means(pattern: str, path: str) -> bool:
    steps = _STEP.findall(path)
    wanted = parts(pattern)
    return len(steps) == len(wanted) and all(map(_fits, wanted, steps))


def _fits(part: str, step: str) -> bool:
    if part == "[]":
        return step[0] == "[" and step[1].isdigit()
    return part == "*" or folded(part) == folded(step)


def _holds(rule: Rule, version: str) -> bool:
    number = _number(version)
    return (not rule.since or _number(rule.since) <= number) and (
        not rule.before or number < _number(rule.before)
    )


@lru_cache(maxsize=256)
def _number(version: str) -> tuple[float, ...]:
    """Major and minor part of a version; more than any if it does not say both."""
    match = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return (float(match[1]), float(match[2])) if match else (math.inf,)
