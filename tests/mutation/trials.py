"""Copies of the tree in which mutants are tried, what each test covers, and the processes that try them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

from tests.mutation.covered import instrumented
from tests.mutation.operators import Mutant
from tests.run import ROOT

AT_ONCE = int(os.environ.get("MUTANTS_AT_ONCE", "2"))
_MOST_SECONDS = 40.0  # of CPU of the tests against one mutant, the quickest first
_PATIENCE = 4  # times as long as the tests take is an endless loop


class Cover(NamedTuple):
    """What the tests of a room cover: seconds and lines of each, and the packages they load."""

    tests: dict[str, dict[str, Any]]
    packages: list[str]

    def chosen(self, mutant: Mutant) -> list[str]:
        """The tests that run the mutant's lines, the quickest first.

        What runs at the import alone is tried by all tests of the room.
        """
        lines = set(range(mutant.first, mutant.last + 1))
        files = {name: test["lines"].get(mutant.path, ()) for name, test in self.tests.items()}
        wanted = [name for name, ran in files.items() if ran and (not mutant.inside or lines & set(ran))]
        order = sorted(wanted, key=self._seconds)
        if not mutant.inside:
            order += sorted(set(files) - set(wanted), key=self._seconds)
        left, chosen = _MOST_SECONDS, []
        for name in order:
            left -= self._seconds(name)
            if chosen and left < 0:
                break
            chosen.append(name)
        return chosen

    def seconds(self, tests: Iterable[str]) -> float:
        """How long they take together."""
        return sum(map(self._seconds, tests))

    def _seconds(self, test: str) -> float:
        return float(self.tests[test]["seconds"])


class Trial(NamedTuple):
    """What became of a mutant: whether a test noticed it, which, and how many covered it."""

    mutant: Mutant
    noticed: bool
    by: str
    tests: int
    seconds: float


def copy(target: Path) -> None:
    """What is under version control, and what is new; nothing that was compiled."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _environment(tree: Path, **more: str) -> dict[str, str]:
    given = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PROOF", "EVIDENCE", "CI", "SHARED_DIR", "PYTEST_ADDOPTS")
    }
    return given | {"PYTHONPATH": str(tree)} | more


def cover(tree: Path, folder: str, tests: tuple[str, ...]) -> Cover:
    """Run the tests of a room once, in a copy of the tree whose room is instrumented."""
    for file in (tree / folder).glob("*.py"):
        path = file.relative_to(tree).as_posix()
        file.write_bytes(instrumented(path, file.read_bytes()))
    target = tree.with_name(f"{tree.name}.json")
    command = [
        *(sys.executable, "-m", "pytest", "-p", "tests.mutation.covered"),
        *(f"--basetemp={tree.with_name(f'{tree.name}-tmp')}", *tests),
    ]
    environment = _environment(tree, COVERED_TARGET=str(target))
    subprocess.run(command, cwd=tree, env=environment, check=False, capture_output=True)
    return Cover(**json.loads(target.read_text()))


def _covers(rooms: dict[str, tuple[str, ...]], folder: Path) -> dict[str, Cover]:
    """That of each room, two at once."""

    def of_room(room: str) -> Cover:
        tree = folder / room.replace("/", "-")
        copy(tree)
        return cover(tree, room, rooms[room])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(rooms, pool.map(of_room, rooms), strict=True))


class Worker:
    """One process of tests/mutation/worker.py with a copy of its own."""

    def __init__(self, tree: Path, packages: list[str]) -> None:
        folder = tree.with_name(f"{tree.name}-work")
        folder.mkdir()
        (folder / "packages.json").write_text(json.dumps(packages))
        command = [sys.executable, "-m", "tests.mutation.worker", str(folder / "packages.json"), str(folder)]
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            command,
            cwd=tree,
            env=_environment(tree, PYTHONDONTWRITEBYTECODE="1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def attempt(self, mutant: Mutant, cover: Cover) -> Trial:
        """Try one mutant."""
        tests = cover.chosen(mutant)
        if not tests:
            return Trial(mutant, False, "", tests=0, seconds=0.0)
        assert self._process.stdin
        assert self._process.stdout
        task = {
            "path": mutant.path,
            "text": mutant.text.decode(),
            "tests": tests,
            "seconds": 20 + _PATIENCE * cover.seconds(tests),
        }
        print(json.dumps(task), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return Trial(mutant, answer["noticed"], answer["by"], tests=len(tests), seconds=answer["seconds"])

    def close(self) -> None:
        """End the process and what it holds."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._log.close()


def tried(
    mutants: list[Mutant], rooms: dict[str, tuple[str, ...]], folder: Path, *, say: Callable[[Trial], None]
) -> list[Trial]:
    """Try the mutants in copies below a folder; `say` hears of each."""
    covers = _covers(rooms, folder)
    trees = [folder / f"tree-{number}" for number in range(AT_ONCE)]
    for tree in trees:
        copy(tree)
        compiled = [sys.executable, "-m", "compileall", "-q", str(tree)]
        subprocess.run(compiled, check=False, capture_output=True)  # tests/fixtures hold what cannot be
    packages = sorted(set[str]().union(*(found.packages for found in covers.values())))
    free: Queue[Worker] = Queue()
    for tree in trees:
        free.put(Worker(tree, packages))

    def attempt(mutant: Mutant) -> Trial:
        worker = free.get()
        try:
            trial = worker.attempt(mutant, covers[mutant.path.rpartition("/")[0]])
        finally:
            free.put(worker)
        say(trial)
        return trial

    with ThreadPoolExecutor(AT_ONCE) as pool:
        trials = list(pool.map(attempt, mutants))
    while not free.empty():
        free.get().close()
    return trials
