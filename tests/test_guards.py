"""The guards bark: each is given, in a run of its own, a test that it must not let pass."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.operators import Mutant
from tests.mutation.trials import Trial
from tests.mutation.verdict import Verdict
from tests.proof import Result, page, results, too_long
from tests.run import too_slow
from tests.support import guards
from tests.support.packages import ROOT

CASES = {
    "a warning": ("logging.getLogger('x').warning('careful')", "unexpected log record: WARNING x: careful"),
    "an expected warning that stays away": (
        "expected_logs('careful')",
        "expected log record that did not come: careful",
    ),
    "a way out": ("go('192.0.2.1')", "left this machine: socket.connect ('192.0.2.1', 9)"),
    "a look-up": ("go('allmende.social')", "left this machine: socket.getaddrinfo 'allmende.social'"),
}
SILENT = {
    "an expected warning": "expected_logs('WARNING x: care'); logging.getLogger('x').warning('careful')",
    "a warning that may come": "expected_logs('careful', maybe=True)",
    "this machine": "go('127.0.0.1'); go('localhost'); go('::1')",
    "a name that cannot exist": "go('allmende.invalid')",
}
HEAD = """
import contextlib, logging, socket, pytest

def go(host):
    with contextlib.suppress(OSError):
        socket.create_connection((host, 9), timeout=1).close()

"""


def _run(folder: Path, body: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    file = folder / "test_inner.py"
    file.write_text(HEAD + body)
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "PROOF", "EVIDENCE", "SHARED_DIR")
    }
    clean = {name: value for name, value in clean.items() if not name.startswith("PYTEST")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        f"--rootdir={folder}",
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    inner = {**clean, **environment, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *arguments, str(file)], cwd=folder, env=inner, capture_output=True, text=True, timeout=120
    )


def test_guards_bark_and_are_silent(tmp_path: Path) -> None:
    bodies = [*(body for body, _ in CASES.values()), *SILENT.values()]
    answer = _run(
        tmp_path,
        "".join(f"def test_{number}(expected_logs):\n    {body}\n\n" for number, body in enumerate(bodies)),
    )
    for complaint in (complaint for _, complaint in CASES.values()):
        assert complaint in answer.stdout
    assert f"{len(bodies)} passed, {len(CASES)} errors" in answer.stdout, answer.stdout


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_a_skip_is_named_and_fails_in_ci(tmp_path: Path, ci: str, code: int) -> None:
    answer = _run(tmp_path, "def test_corpus(shared): pass\ndef test_here(): pass\n", CI=ci)
    assert "skipped because: SHARED_DIR is not set, so the real corpus is not here (1)" in answer.stdout
    assert answer.returncode == code
    assert answer.stdout.rstrip().rsplit("\n", 1)[-1].startswith("1 passed, 1 skipped")


def test_the_whole_proof_runs_when_asked_for_and_is_written_down(tmp_path: Path) -> None:
    body = (
        "@pytest.mark.proof\ndef test_whole(amount, evidence):\n    evidence('kills', amount(20, 1000))\n\n"
    )
    body += "def test_sample(amount, sampled):\n    assert amount(1, 2) == 1\n"
    body += (
        "    assert len(sampled(range(9), 3)) == 3\n    assert sampled(range(9), 3) == sampled(range(9), 3)\n"
    )
    body += "    assert sampled('abc', 3) == ['a', 'b', 'c']\n"
    sample = _run(tmp_path, body)
    assert "1 passed, 1 deselected" in sample.stdout
    report, numbers = tmp_path / "junit.xml", tmp_path / "evidence.jsonl"
    whole = _run(tmp_path, body, f"--junitxml={report}", PROOF="1", EVIDENCE=str(numbers))
    assert "1 failed, 1 passed" in whole.stdout
    assert json.loads(numbers.read_text()) == {
        "test": "test_inner.py: test_whole",
        "name": "kills",
        "value": 1000,
    }
    assert sorted(result.outcome for result in results(report)) == ["failed", "passed"]


def test_a_test_that_fails_when_it_is_taken_down_has_failed(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    _run(tmp_path, f"def test_one(): {CASES['a warning'][0]}\n", f"--junitxml={report}")
    assert [result.outcome for result in results(report)] == ["failed"]


_MUTANT = Mutant("m1", "catalog/changes/x.py", 1, last=1, inside=True, text=b"")
_FAULTLESS = Verdict([Trial(_MUTANT, True, "t", tests=1, seconds=1)], {}, 60)


def test_the_proof_is_a_page() -> None:
    tests = [
        Result("tests/test_a.py", "passed", 1.25),
        Result("tests/test_a.py", "failed", 1),
        Result("b.py", "skipped", 0),
    ]
    evidence = {"test": "tests/test_a.py: test_x", "name": "kills | stops", "value": 1000}
    begun = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    text = page(begun, begun, tests, evidence=[evidence], mutants=_FAULTLESS)
    assert "| catalog/changes | 1 | 1 | 100.0 |" in text
    assert "| tests/test_a.py | 1 | 1 | 0 | 2.2 |" in text
    assert "| **all** | 1 | 1 | 1 | 2.2 |" in text
    assert "| tests/test_a.py: test_x | kills \\| stops | 1,000 |" in text
    assert "> - b.py proved nothing, all its tests were skipped: no reason given" in text
    assert "tests/test_a.py proved nothing" not in text


REPORT = """<testsuites><testsuite>
<testcase classname="tests.acceptance.test_portals" name="test_ckan" time="1"><skipped
  type="pytest.skip" message="CKAN_PYTHON names no Python with ckan">a place</skipped></testcase>
<testcase classname="tests.acceptance.test_portals" name="test_udata" time="1"><skipped
  type="pytest.skip" message="UDATA_PYTHON names no Python with udata">a place</skipped></testcase>
<testcase classname="tests.acceptance.test_portals" name="test_more" time="1"><skipped
  type="pytest.skip" message="UDATA_PYTHON names no Python with udata">a place</skipped></testcase>
<testcase classname="tests.test_docs" name="test_one" time="1"><skipped
  type="pytest.skip" message="SHARED_DIR is not set">a place</skipped></testcase>
<testcase classname="tests.test_docs" name="test_two" time="1"/>
</testsuite></testsuites>"""


def test_a_file_that_proved_nothing_is_named_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(REPORT)
    begun = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    tests = results(tmp_path / "junit.xml")
    text = page(begun, begun, tests, evidence=[], mutants=_FAULTLESS)
    warning = text.partition("> [!WARNING]\n")[2].partition("\n\n")[0]
    assert warning == (
        "> - tests/acceptance/test_portals.py proved nothing, all its tests were skipped: "
        "CKAN_PYTHON names no Python with ckan; UDATA_PYTHON names no Python with udata"
    )
    assert "[!WARNING]" not in page(begun, begun, tests[-2:], evidence=[], mutants=_FAULTLESS)


def test_pytest_says_why_it_skipped(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    _run(tmp_path, "def test_one(): pytest.skip('no Chromium')\n", f"--junitxml={report}")
    assert [(result.outcome, result.reason) for result in results(report)] == [("skipped", "no Chromium")]


def test_a_proof_that_takes_too_long_has_failed() -> None:
    begun = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert too_long(begun, begun + dt.timedelta(minutes=75)) == ""
    late = begun + dt.timedelta(minutes=76)
    assert too_long(begun, late) == "The proof took 76 minutes; 75 are the most."
    assert "> - The proof took 76 minutes; 75 are the most." in page(
        begun, late, [], evidence=[], mutants=_FAULTLESS
    )


@pytest.mark.parametrize(
    ("seconds", "ci", "late"), [(599, True, False), (601, True, True), (601, False, False)]
)
def test_a_run_of_more_than_ten_minutes_has_failed_in_ci(seconds: float, ci: bool, late: bool) -> None:
    assert bool(too_slow(seconds, ci=ci)) == late
    assert too_slow(754, ci=True).startswith("This run took 12.6 minutes.")


def test_who_takes_the_handlers_of_the_log_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else no warning of any later test would be noticed."""
    watching = guards.Logs()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [*root.handlers, watching])
    assert watching.complaints({}) == []
    root.handlers.remove(watching)
    assert "took the handlers of the log away" in watching.complaints({})[0]
    assert watching.complaints({}) == [], "it is watched again"
