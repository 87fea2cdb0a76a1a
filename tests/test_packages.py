"""Every dependency is explained, pinned and hashed; every file has a licence.

Every example in a docstring is true.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys

import pytest

from tests.support.modules import FILES, foreign
from tests.support.packages import ROOT, canonical, declared, locked

ALL = ("core", "server", "postgresql", "dev")
# Used without being imported.
NOT_IMPORTED = {
    "gunicorn": "started as a program in production",
    "mkdocs-kern-ux": "only its files are served",
    "psycopg": "named in the database's URL",
    "pystemmer": "snowballstemmer takes it where it is",
}


@pytest.mark.parametrize("file", ["run.txt", "dev.txt"])
def test_every_pin_has_hashes(file: str) -> None:
    assert not [name for name, hashes in locked(file).items() if not hashes]


def test_what_is_declared_is_locked() -> None:
    assert not declared("core", "server", "postgresql") - locked("run.txt").keys()
    assert not declared(*ALL) - locked("dev.txt").keys()


def test_every_dependency_is_explained() -> None:
    rows = re.findall(
        r"^\| `([A-Za-z0-9_.-]+)` \| (.+) \|$", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE
    )
    explained = {canonical(name): [cell.strip() for cell in rest.split(" | ")] for name, rest in rows}
    assert explained.keys() == declared(*ALL)
    assert not [name for name, cells in explained.items() if len(cells) != 3 or not all(cells)]


def test_every_dependency_is_used() -> None:
    imported = set().union(*map(foreign, FILES))
    assert declared("core", "server", "postgresql") - imported == NOT_IMPORTED.keys()


def test_every_file_has_a_licence() -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "reuse", "--root", str(ROOT), "lint"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("module", FILES)
def test_examples_in_docstrings_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
