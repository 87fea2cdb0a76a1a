"""What `check` found, told to people and machines: lines, JSON lines, or SARIF 2.1.0.

SARIF is for forges that show it beside the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from catalog.base import language
from catalog.base.language import Coded, Translator
from crawlers.faults import Fault
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import Problem, Severity

NO_METADATA = (
    "no-metadata-file"  # a problem of a place, not of a file: it could be read, and there is nothing
)
# What SARIF calls them.
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Checked(NamedTuple):
    """One input. `source` is a path or an address; without a `reading`, `failure` says why there is none.

    The failure's code is one of sentences.EVERY, or NO_METADATA.
    """

    source: str
    reading: Reading | None
    failure: Fault | None = None
    repository: str = ""

    @property
    def valid(self) -> bool:
        """It could be read, and without an error."""
        return self.reading is not None and self.reading.valid

    @property
    def unread(self) -> bool:
        """Nothing is known of it, because it could not be reached or opened."""
        return self.reading is None and self.failure is not None and self.failure.code != NO_METADATA


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A problem in words, as `check --format json` prints it. Lines and columns count from 1; 0 is unknown.

    It begins at the key and ends behind the last character of what it is about.
    """

    severity: Severity
    code: str
    path: str = ""
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    message: str
    hint: str


def failure(words: Translator, fault: Coded) -> tuple[str, str]:
    """(sentence, hint) of why there is no reading."""
    if fault.code == NO_METADATA:
        return language.problem(words, fault)
    return language.sentence(words, fault), ""


def remarks(item: Checked, words: Translator) -> list[Remark]:
    """What is to be said of an input, worst first where the places are equal."""
    if item.failure is not None:
        message, hint = failure(words, item.failure)
        return [Remark(severity=Severity.ERROR, code=item.failure.code, message=message, hint=hint)]
    problems = item.reading.problems if item.reading else ()
    return [_remark(problem, words) for problem in problems]


def _remark(problem: Problem, words: Translator) -> Remark:
    message, hint = language.problem(words, problem)
    return Remark(
        severity=problem.severity,
        code=problem.code,
        path=problem.path,
        line=problem.line,
        column=problem.column,
        end_line=problem.span.end_line if problem.span else 0,
        end_column=problem.span.end_column if problem.span else 0,
        message=message,
        hint=hint,
    )


def plain(line: str) -> str:
    """A line that cannot steer a terminal or end a comment, whatever foreign text is in it.

    See docs/security.md, "invisible characters".
    """
    return _CONTROL.sub("�", line)


def as_text(item: Checked, words: Translator) -> str:
    """`publiccode.yml:12:3: error: legal.license: message` and the fix below it, a line each."""
    lines = []
    for remark in remarks(item, words):
        place = f"{item.source}:{remark.line}:{remark.column}" if remark.line else item.source
        lines.append(
            ": ".join(part for part in (place, remark.severity, remark.path, remark.message) if part)
        )
        if remark.hint:
            lines.append(f"    {remark.hint}")
    if item.valid and item.reading:
        form = " ".join(filter(None, (item.reading.format, item.reading.version)))
        lines.append(f"{item.source}: {words.gettext('valid')} ({form})")
    return "\n".join(plain(line) for line in lines)


def as_json(item: Checked, words: Translator) -> str:
    """One line of JSON, in the form that the outside may rely on."""
    read_ = item.reading
    said = {
        "source": item.source,
        "valid": item.valid,
        "format": read_.format if read_ else "",
        "version": read_.version if read_ else "",
        "problems": remarks(item, words),
    }
    return msgspec.json.encode(said).decode()


def as_sarif(items: Iterable[Checked], words: Translator) -> str:
    """All inputs as one SARIF 2.1.0 log."""
    results: list[dict[str, Any]] = []
    for item in items:
        results += (_result(item, remark) for remark in remarks(item, words))
    rules = [{"id": code} for code in sorted({result["ruleId"] for result in results})]
    driver = {"name": "allmende", "informationUri": "https://github.com/allmende/allmende", "rules": rules}
    runs = [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}]
    said = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs}
    return msgspec.json.format(msgspec.json.encode(said), indent=2).decode()


def _result(item: Checked, remark: Remark) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(item.source.replace("\\", "/"), safe="/:#?&=%@+,;~!$'()*")}
    }
    if remark.line:
        place["region"] = _region(remark)
    text = ": ".join(part for part in (remark.path, remark.message) if part)
    if remark.hint:
        text = f"{text} {remark.hint}"
    return {
        "ruleId": remark.code,
        "level": _LEVELS[remark.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _region(remark: Remark) -> dict[str, int]:
    region = {"startLine": remark.line, "startColumn": max(remark.column, 1)}
    if remark.end_line:
        region |= {"endLine": remark.end_line, "endColumn": remark.end_column}
    return region


def exit_code(items: Iterable[Checked]) -> int:
    """0 if all are valid, 1 if one has errors, 2 if one could not be read, which wins."""
    items = list(items)
    if any(item.unread for item in items):
        return 2
    return 0 if all(item.valid for item in items) else 1
