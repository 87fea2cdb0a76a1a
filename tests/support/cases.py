"""The fixtures of the formats.

A folder is a case, with the file, what it says (expected.json) and what is wrong with it (problems.txt).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from vocabularies.crosswalk.rows import Reading
from vocabularies.formats.registry import FORMATS

FIXTURES = Path(__file__).parent.parent / "fixtures"
READ = [name for name, row in FORMATS.items() if row.parse is not None]
_ANSWERS = ("expected.json", "problems.txt")
_CATALOGUES = FIXTURES / "upgrades"  # no cases: tests/support/releases.py


class Case(NamedTuple):
    """One folder of tests/fixtures."""

    format: str
    name: str
    file: Path

    @property
    def expected(self) -> Any:
        return json.loads((self.file.parent / "expected.json").read_text("utf-8"))

    @property
    def problems(self) -> list[str]:
        return (self.file.parent / "problems.txt").read_text("utf-8").splitlines()


def cases() -> list[Case]:
    """All of them, sorted."""
    found = []
    folders = sorted(path for path in FIXTURES.glob("*/*") if path.is_dir() and path.parent != _CATALOGUES)
    for folder in folders:
        files = [file for file in folder.iterdir() if file.name not in _ANSWERS]
        assert len(files) == 1, f"{folder}: one file beside {_ANSWERS}"
        found.append(Case(folder.parent.name, folder.name, files[0]))
    return found


def said(reading: Reading) -> dict[str, Any]:
    """A reading without its problems, as plain data without what is empty."""
    data = msgspec.json.decode(msgspec.json.encode(reading))
    data.pop("problems", None)
    data.pop("format", None)
    return dict(data)


def lines(reading: Reading) -> list[str]:
    """Problems as `line:column: severity: path: code`."""
    return [
        f"{problem.line}:{problem.column}: {problem.severity}: {problem.path}: {problem.code}"
        for problem in reading.problems
    ]
