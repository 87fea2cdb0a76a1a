"""A pytest plugin.

Which lines of instrumented files each test runs and what CPU it takes, and which packages the tests load.

Files are instrumented in a copy of the tree: tracing by the interpreter would make every test several times
as slow.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.ran import LINES

ROOT = Path(__file__).resolve().parent.parent.parent


def instrumented(path: str, source: bytes) -> bytes:
    """The source with a note before each statement of each function that its line ran."""
    module = ast.parse(source)
    for node in list(ast.walk(module)):
        if isinstance(node, ast.FunctionDef):
            _note(path, node)
    begin = sum(
        isinstance(node, ast.Expr) or getattr(node, "module", "") == "__future__" for node in module.body[:2]
    )
    module.body[begin:begin] = ast.parse("from tests.mutation.ran import LINES as __lines__").body
    return ast.unparse(module).encode()


def _note(path: str, node: Any) -> None:
    """Put notes into a block and the blocks in it; the first of a function tells of its head.

    Functions inside are left to themselves.
    """
    function = isinstance(node, ast.FunctionDef)
    for name in ("body", "orelse", "finalbody"):
        block, noted = getattr(node, name, []), []
        if function and block and ast.get_docstring(node, clean=False) is not None:
            noted.append(block.pop(0))
        if function and name == "body":
            noted += _line(path, node.lineno)
        for statement in block:
            noted += [*_line(path, statement.lineno), statement]
            if not isinstance(statement, ast.FunctionDef):
                _note(path, statement)
        if noted:
            block[:] = noted
    for inner in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        _note(path, inner)


def _line(path: str, number: int) -> list[ast.stmt]:
    return ast.parse(f"__lines__.add(({path!r}, {number}))").body


class Recorder:
    """Writes down the lines of each test that passes, those of its fixtures included."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._tests: dict[str, dict[str, Any]] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        LINES.clear()
        begun = _spent()
        yield
        lines: dict[str, list[int]] = defaultdict(list)
        for file, line in sorted(LINES):
            lines[file].append(line)
        self._tests[item.nodeid] = {"seconds": _spent() - begun, "lines": lines}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Those that fail or are skipped say nothing of mutants."""
        for name in self._failed:
            del self._tests[name]
        self._target.write_text(json.dumps({"tests": self._tests, "packages": _packages()}))


def _spent() -> float:
    """The seconds of CPU of this process and its children: they do not depend on how busy the machine is."""
    return sum(os.times()[:4])


def _packages() -> list[str]:
    """What is loaded and not ours: a process that loads it beforehand saves every other one the time."""
    return sorted(
        name
        for name, module in list(sys.modules.items())
        if not str(getattr(module, "__file__", None) or ROOT).startswith(str(ROOT)) and "__" not in name
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(Path(os.environ["COVERED_TARGET"])))
