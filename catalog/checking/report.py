"""What `check` found, told to people and machines: lines like a compiler's, JSON lines, or SARIF 2.1.0 for forges that show it beside the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from catalog.base import language
from catalog.base.language import Translator
from crawlers.faults import SENTENCES as CRAWL_SENTENCES
from vocabularies.crosswalk.rows import Reading
from vocabularies.problems import PROBLEMS, Problem

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

SENTENCES: dict[str, str] = {
    "no-such-file": "There is no file or folder ‘{path}’.",
    "file-unreadable": "‘{path}’ could not be read ({reason}).",
    "unknown-file": "‘{path}’ is no metadata file that is known. Known are: {known}.",
    "offline": "{url} was not asked, because no connection was wanted.",
    "several-repositories": "{url} leads to many repositories. Please give the address of a single one.",
}


class Checked(NamedTuple):
    """One input. `source` is a path or an address; `reading` is None if it could not be read: `failure` then is (code, values)."""

    source: str
    reading: Reading | None
    failure: tuple[str, Mapping[str, str]] | None = None
    repository: str = ""

    @property
    def valid(self) -> bool:
        """It could be read, and without an error."""
        return self.reading is not None and self.reading.valid

    @property
    def unread(self) -> bool:
        """Nothing is known of it, because it could not be reached or opened."""
        return self.reading is None and self.failure is not None and self.failure[0] not in PROBLEMS


class Remark(msgspec.Struct, frozen=True):
    """A problem in words, as `check --format json` prints it. Lines and columns count from 1; 0 is unknown."""

    severity: str
    code: str
    path: str
    line: int
    column: int
    message: str
    hint: str


def failure(code: str, values: Mapping[str, str], *, words: Translator) -> str:
    """The sentence of what could not be read: a code of SENTENCES here or of the crawlers, or a problem's."""
    if code in CRAWL_SENTENCES:
        return language.crawl_error(words, code, values)
    if code in PROBLEMS:
        return language.problem(words, Problem(code=code, values=dict(values)))[0]
    return language.fill(words.gettext(SENTENCES[code]), values)


def remarks(item: Checked, words: Translator) -> list[Remark]:
    """What is to be said of an input, worst first where the places are equal."""
    if item.failure is not None:
        code, values = item.failure
        hint = language.problem(words, Problem(code=code))[1] if code in PROBLEMS else ""
        return [Remark("error", code, "", 0, 0, failure(code, values, words=words), hint)]
    problems = item.reading.problems if item.reading else ()
    return [
        Remark(one.severity, one.code, one.path, one.line, one.column, *language.problem(words, one))
        for one in problems
    ]


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
        lines.append(
            f"{item.source}: {words.gettext('valid')} ({' '.join(filter(None, (item.reading.format, item.reading.version)))})"
        )
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
    results = [_result(item, remark) for item in items for remark in remarks(item, words)]
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
        place["region"] = {"startLine": remark.line, "startColumn": max(remark.column, 1)}
    text = ": ".join(part for part in (remark.path, remark.message) if part) + (
        f" {remark.hint}" if remark.hint else ""
    )
    return {
        "ruleId": remark.code,
        "level": _LEVELS[remark.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def exit_code(items: Iterable[Checked]) -> int:
    """0 if all are valid, 1 if one has errors, 2 if one could not be read, which wins."""
    items = list(items)
    return 2 if any(item.unread for item in items) else int(not all(item.valid for item in items))
