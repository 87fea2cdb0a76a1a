"""What docs/ tells a newcomer to do, done on a copy of the house.

A step is the name of a file in backquotes, alone in its line, and the block of code below it: what the
file holds, lines to add to it (a diff; what its other lines say must be there once), or sentences for its
end (po). A console block is run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.packages import ROOT

_COPIED = ("app.py", "sandbox.py", "pyproject.toml", "catalog", "crawlers", "vocabularies", "translations")
_LINKED = ("templates", "static", "migrations", "data", "benchmarks")
_STEP = re.compile(r"^(?:`(?P<file>[\w./-]+)`\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```$", re.M | re.S)


class Step(NamedTuple):
    """One block of a document. `file` is "" for commands."""

    file: str
    kind: str
    text: str


def steps(document: str) -> list[Step]:
    """The steps of a document of docs/, in their order."""
    found = _STEP.finditer((ROOT / "docs" / document).read_text("utf-8"))
    return [Step(match["file"] or "", match["kind"], match["text"]) for match in found]


def copy(house: Path) -> None:
    """A copy of the house that may be changed; what no step changes is linked."""
    without = shutil.ignore_patterns("__pycache__")
    for name in (*_COPIED, "docs", "tests"):
        there = ROOT / name
        if there.is_dir():
            shutil.copytree(there, house / name, ignore=without)
        else:
            shutil.copy(there, house / name)
    for name in _LINKED:
        (house / name).symlink_to(ROOT / name)


def follow(house: Path, document: str) -> None:
    """Do what a document says."""
    for step in steps(document):
        if step.kind == "console":
            for line in step.text.splitlines():
                _run(house, line)
        elif step.kind == "diff":
            _patch(house / step.file, step.text)
        elif step.kind == "po":
            with (house / step.file).open("a", encoding="utf-8") as file:
                file.write("\n" + step.text)
        else:
            assert step.file, f"a block of {document} without a file"
            (house / step.file).parent.mkdir(parents=True, exist_ok=True)
            (house / step.file).write_text(step.text, "utf-8")


def _patch(file: Path, text: str) -> None:
    lines = text.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    before = file.read_text("utf-8")
    assert before.count(old) == 1, f"{file.name} should hold once:\n{old}"
    file.write_text(before.replace(old, new), "utf-8")


def _run(house: Path, line: str) -> None:
    """A line such as `allmende mapping > docs/mapping.md`."""
    command, _, target = line.partition(" > ")
    program, *arguments = command.split()
    assert program == "allmende"
    done = run(house, "app.py", *arguments)
    assert done.returncode == 0, done.stderr
    (house / target).write_text(done.stdout, "utf-8")


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the house."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=house, env=environment, capture_output=True, text=True, check=False
    )
