"""A pytest plugin: which lines of the rooms each test runs and what CPU it takes, and which packages the tests load."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


class Recorder:
    """Follows the files below some folders while a test runs, its fixtures included."""

    def __init__(self, folders: list[str], target: Path) -> None:
        files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
        self._paths = {str(file): file.relative_to(ROOT).as_posix() for file in files}
        self._target = target
        self._ran: set[tuple[str, int]] = set()
        self._tests: dict[str, dict[str, Any]] = {}
        self._failed: set[str] = set()

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in self._paths:
            return None
        self._ran.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        self._ran.add((frame.f_code.co_filename, frame.f_lineno))
        return self._step

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._ran = set()
        begun = _spent()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        yield
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        lines: dict[str, list[int]] = defaultdict(list)
        for file, line in sorted(self._ran):
            lines[self._paths[file]].append(line)
        self._tests[item.nodeid] = {"seconds": _spent() - begun, "lines": lines}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Those that fail while they are followed measure time; those that are skipped say nothing."""
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
    recorder = Recorder(json.loads(os.environ["COVERED_FOLDERS"]), Path(os.environ["COVERED_TARGET"]))
    config.pluginmanager.register(recorder)
