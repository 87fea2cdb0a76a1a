"""A process with every package loaded that tries one mutant after the other, each in a child.

It works in its own copy of the tree, reads a task a line from its input and answers with a line. The mutant
is a file's new text, the tests are node ids.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support.servers import postgresql

_MEMORY = 6 * 2**30  # a mutant may loop; the machine must not feel it
_WAITING = 10  # times its seconds of CPU, on a busy machine, until a child waits for what never comes
_NOT_NOTICED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


class Chosen:
    """A pytest plugin: runs these tests alone, in this order, and writes down the first that fails."""

    def __init__(self, tests: list[str], failed: Path) -> None:
        self._order = {test: number for number, test in enumerate(tests)}
        self._failed = failed

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Hypothesis may stop at the first failing example: that there is one is enough."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutant", hypothesis.settings(), phases=phases)
        hypothesis.settings.load_profile("mutant")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed.exists():
            self._failed.write_text(report.nodeid)


def attempt(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Try one mutant. Whether it was noticed, by what, and after how many seconds."""
    file, text = Path(task["path"]), task["text"].encode()
    original, stat = file.read_bytes(), file.stat()
    file.write_bytes(text)
    begun = time.monotonic()
    try:
        code = _child(task["tests"], folder, seconds=task["seconds"])
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # what was compiled of it counts again
    failed = folder / "failed"
    by = failed.read_text() if failed.exists() else "it cannot be loaded"
    if code in (None, -signal.SIGXCPU, -signal.SIGKILL):
        by = "too slow"
    noticed = code not in _NOT_NOTICED
    return {"noticed": noticed, "by": by if noticed else "", "seconds": time.monotonic() - begun}


def _child(tests: list[str], folder: Path, *, seconds: float) -> int | None:
    """The exit code of pytest in a child process, None if it waited too long.

    Whatever it started ends with it.

    `seconds` are of CPU.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    child = os.fork()
    if not child:
        _run(tests, folder, seconds=int(seconds))
    deadline = time.monotonic() + _WAITING * seconds
    ended, status = 0, 0
    while not ended and time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
        return None
    return os.waitstatus_to_exitcode(status)


def _run(tests: list[str], folder: Path, *, seconds: int) -> None:
    code = 3
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        with (folder / "output").open("wb") as output, open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        options = ["-x", f"--basetemp={folder / 'tmp'}"]
        code = int(pytest.main([*options, *files], plugins=[Chosen(tests, folder / "failed")]))
        sys.stdout.flush()
    finally:
        os._exit(code)


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[None]:
    """One server for all children (tests/conftest.py)."""
    try:
        with postgresql.running(folder):
            os.environ["POSTGRESQL_FOLDER"] = str(folder)
            yield
    except postgresql.Unavailable:
        yield


def main() -> None:
    """Until the input ends. The packages to load stand in the file that is the first argument."""
    answers, folder = os.fdopen(os.dup(1), "w"), Path(sys.argv[2])
    os.dup2(2, 1)
    for name in json.loads(Path(sys.argv[1]).read_text()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with _postgresql(folder / "postgresql"):
        for line in sys.stdin:
            print(json.dumps(attempt(json.loads(line), folder / "attempt")), file=answers, flush=True)


if __name__ == "__main__":
    main()
