"""`make proof`.

Every test, every whole proof and the mutation run, and docs/proof.md with what they found, when, where and on
which commit.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from tests.mutation import verdict
from tests.mutation.verdict import Verdict
from tests.run import ROOT, environment, pytest_command

PAGE = ROOT / "docs" / "proof.md"
MOST_MINUTES = 75  # on two cores: docs/testing.md promises it


class Result(NamedTuple):
    """One test of the run."""

    file: str
    outcome: str  # passed, failed or skipped
    seconds: float
    reason: str = ""  # of a skip


def main() -> int:
    """Exit code 0 if everything passed; the page is written either way."""
    print("This machine:")
    ready = environment() | {"PROOF": "1"}
    begun = dt.datetime.now(dt.UTC)
    with tempfile.TemporaryDirectory() as folder:
        report, evidence = Path(folder, "junit.xml"), Path(folder, "evidence.jsonl")
        command = pytest_command("-m", "proof or not proof", f"--junitxml={report}", *sys.argv[1:])
        failed = subprocess.run(
            command, cwd=ROOT, env={**ready, "EVIDENCE": str(evidence)}, check=False
        ).returncode
        if not report.exists():
            return failed or 1
        found = [json.loads(line) for line in evidence.read_text().splitlines()] if evidence.exists() else []
        tests = results(report)
    print("\nThe mutation run (docs/testing.md):", flush=True)
    mutants = verdict.run()
    ended = dt.datetime.now(dt.UTC)
    PAGE.write_text(page(begun, ended, tests, evidence=found, mutants=mutants))
    print(f"Written: {PAGE.relative_to(ROOT)}")
    late = too_long(begun, ended)
    if late:
        print(late)
    return failed or bool(mutants.faults or late)


def too_long(begun: dt.datetime, ended: dt.datetime) -> str:
    """What is said of a proof that took longer than is promised, "" of any other."""
    minutes = (ended - begun).total_seconds() / 60
    return (
        f"The proof took {minutes:.0f} minutes; {MOST_MINUTES} are the most."
        if minutes > MOST_MINUTES
        else ""
    )


def results(report: Path) -> list[Result]:
    """The tests of a JUnit report.

    A test that failed in its teardown stands there twice and counts once, as failed.
    """
    worst: dict[tuple[str, str], Result] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        key = (case.get("classname", ""), case.get("name", ""))
        kinds = {child.tag for child in case}
        skip = case.find("skipped")
        reason = skip.get("message", "") if skip is not None else ""
        outcome = "skipped" if "skipped" in kinds else "passed"
        if kinds & {"failure", "error"}:
            outcome = "failed"
        seconds = float(case.get("time", 0)) + (worst[key].seconds if key in worst else 0)
        if key in worst and worst[key].outcome == "failed":
            outcome = "failed"
        worst[key] = Result(_file(key[0]), outcome, seconds, reason=reason)
    return list(worst.values())


def _file(classname: str) -> str:
    """`tests.catalog.search.test_index_golden.TestX` lies in tests/catalog/search/test_index_golden.py."""
    parts = classname.split(".")
    while parts and not (ROOT / Path(*parts)).with_suffix(".py").is_file():
        parts.pop()
    return Path(*parts).with_suffix(".py").as_posix() if parts else classname


def page(
    begun: dt.datetime,
    ended: dt.datetime,
    tests: list[Result],
    *,
    evidence: list[dict[str, Any]],
    mutants: Verdict,
) -> str:
    """The text of docs/proof.md."""
    return "\n".join(
        [
            "# Proof",
            "",
            "Written by `make proof`: every test, every whole proof and the mutation run. Do not edit.",
            "",
            *_machine(begun, ended),
            "",
            *_warnings(begun, ended, tests),
            "## Tests",
            "",
            "| file | passed | failed | skipped | seconds |",
            "| --- | ---: | ---: | ---: | ---: |",
            *_counts(tests),
            "",
            "## Mutants the tests notice",
            "",
            *mutants.page(),
            "",
            "## Numbers the tests have proven",
            "",
            "| test | what | value |",
            "| --- | --- | ---: |",
            *sorted(
                f"| {_cell(row['test'])} | {_cell(row['name'])} | {_cell(row['value'])} |" for row in evidence
            ),
            "",
        ]
    )


def _warnings(begun: dt.datetime, ended: dt.datetime, tests: list[Result]) -> Iterator[str]:
    """What a reader must not overlook: that it took too long, and which files proved nothing, and why."""
    found = [late] if (late := too_long(begun, ended)) else []
    for name, rows in _by_file(tests).items():
        if all(row.outcome == "skipped" for row in rows):
            reasons = "; ".join(dict.fromkeys(row.reason or "no reason given" for row in rows))
            found.append(f"{name} proved nothing, all its tests were skipped: {_cell(reasons)}")
    if found:
        yield "> [!WARNING]"
        yield from (f"> - {warning}" for warning in found)
        yield ""


def _by_file(tests: list[Result]) -> dict[str, list[Result]]:
    files: dict[str, list[Result]] = defaultdict(list)
    for test in tests:
        files[test.file].append(test)
    return dict(sorted(files.items()))


def _counts(tests: list[Result]) -> Iterator[str]:
    for name, rows in [*_by_file(tests).items(), ("**all**", tests)]:
        counts = " | ".join(
            str(sum(row.outcome == outcome for row in rows)) for outcome in ("passed", "failed", "skipped")
        )
        yield f"| {name} | {counts} | {sum(row.seconds for row in rows):.1f} |"


def _machine(begun: dt.datetime, ended: dt.datetime) -> Iterator[str]:
    changed = " with uncommitted changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    engines = ", ".join(
        f"{name} {version(name)}" for name in ("tantivy", "whoosh-reloaded", "pyoxigraph", "rdflib")
    )
    yield f"- Begun {begun:%Y-%m-%d %H:%M} UTC, ended {ended:%Y-%m-%d %H:%M} UTC"
    yield f"- Commit {_git('rev-parse', 'HEAD')}{changed}"
    yield f"- {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"
    yield f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {engines}"


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def _cell(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
