"""What every test may rely on.

The guards of tests/support/guards.py, fixed seeds, and a named reason for all that is skipped.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.support import guards
from tests.support.servers import postgresql

PROOF = os.environ.get("PROOF") == "1"
T = TypeVar("T")

LONGEST = (
    "tests/acceptance/",
    "tests/catalog/test_kill.py",
    "tests/catalog/views/test_operator_in_browser.py",
    "tests/catalog/views/test_site_in_browser.py",
)

# Skips that CI forgives: a pattern of the reason, and why it cannot be helped there.
FORGIVEN: dict[str, str] = {
    "PUBLIC_REPOSITORIES": "of the whole proof alone: other people's are never committed, so bring some",
    "(CKAN|UDATA)_PYTHON": "of the whole proof alone: their pins do not go with ours, so prepare them",
}


def pytest_configure(config: pytest.Config) -> None:
    for name in list(os.environ):
        if name.startswith("ALLMENDE_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    guards.install()
    fixed: dict[str, Any] = {"derandomize": True, "deadline": None, "database": None}
    settings.register_profile(
        "sample", max_examples=80, suppress_health_check=[HealthCheck.too_slow], **fixed
    )
    settings.register_profile(
        "proof", max_examples=3000, suppress_health_check=[HealthCheck.too_slow], **fixed
    )
    settings.load_profile("proof" if PROOF else "sample")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whole proofs only with PROOF=1.

    A module's tests share a worker and so its fixtures, those in a browser its Chromium. Workers begin with
    the files that take longest, so that none is left alone with one at the end.
    """
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    left_out = [] if PROOF else [item for item in items if item.get_closest_marker("proof")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


# The guards


class ExpectLogs(Protocol):
    def __call__(self, pattern: str, *, maybe: bool = False) -> None: ...


_EXPECTED = pytest.StashKey[dict[str, bool]]()


@pytest.fixture
def expected_logs(request: pytest.FixtureRequest) -> ExpectLogs:
    """`expected_logs("WARNING harvest: .* not reached")` allows such a log record and demands one, unless
    `maybe`.
    """
    expected = request.node.stash.setdefault(_EXPECTED, {})

    def expect(pattern: str, *, maybe: bool = False) -> None:
        expected[pattern] = maybe

    return expect


@pytest.fixture(autouse=True)
def _guards(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    complaints = guards.LOGS.complaints(request.node.stash.get(_EXPECTED, {})) + guards.NETWORK.complaints()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


# What tests ask for


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the real corpus, the official shapes and the domain's data.

    Test input only: nothing of it is committed.
    """
    folder = os.environ.get("SHARED_DIR", "")
    if not folder:
        pytest.skip("SHARED_DIR is not set, so the real corpus is not here")
    if not Path(folder, "corpus").is_dir():
        pytest.skip(f"SHARED_DIR={folder} holds no folder ‘corpus’")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The program of a Chromium. Started as root it needs --no-sandbox, which the tests alone may give."""
    program = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    if not os.access(program, os.X_OK):
        pytest.skip(f"there is no Chromium at {program}; CHROMIUM names another")
    return Path(program)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for the setting DATA_DIR."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """A database of this worker's own on the one real PostgreSQL of the run.

    Tests that fill it take `empty_postgresql_url`.
    """
    base = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    # Many runs of tests/mutation share one.
    folder = Path(os.environ.get("POSTGRESQL_FOLDER") or base / "postgresql")
    try:
        with postgresql.running(folder) as server:
            yield postgresql.new_database(server, f"test_{worker_id}")
    except postgresql.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> str:
    """The same with no tables in it."""
    postgresql.empty(postgresql_url)
    return postgresql_url


@pytest.fixture(scope="session")
def amount() -> Callable[[T, T], T]:
    """`amount(20, 1000)`: how much of a large proof this run does, the sample or (with PROOF=1) the whole."""

    def choose(sample: T, whole: T) -> T:
        return whole if PROOF else sample

    return choose


class Sampled(Protocol):
    def __call__(self, cases: Iterable[T], number: int) -> list[T]: ...


@pytest.fixture(scope="session")
def sampled() -> Sampled:
    """`sampled(cases, 60)`.

    So many of the cases, always the same, in their order; with PROOF=1 all of them.
    """

    def choose(cases: Iterable[T], number: int) -> list[T]:
        every = list(cases)
        if PROOF or len(every) <= number:
            return every
        return [every[place] for place in sorted(random.Random(6).sample(range(len(every)), number))]

    return choose


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """`evidence("kills", 200)`: a number this test has proven, printed in docs/proof.md by `make proof`."""

    def record(name: str, value: Any) -> None:
        if os.environ.get("EVIDENCE"):
            test = f"{request.node.location[0]}: {request.node.name}"
            line = json.dumps({"test": test, "name": name, "value": value}) + "\n"
            with open(
                os.environ["EVIDENCE"], "ab", buffering=0
            ) as target:  # one write each: workers do not mix their lines
                target.write(line.encode())

    return record


# The end of a run

_CLOSING = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Name what was skipped, and fail where that is no excuse.

    On records logged after the last test and, with CI=true, on every skip that is not forgiven.
    """
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(session.config, "workerinput") or not reporter:
        return
    skips = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])
    )
    faults = [f"after the last test: {complaint}" for complaint in guards.LOGS.complaints({})]
    unforgiven = [reason for reason in skips if not any(re.search(pattern, reason) for pattern in FORGIVEN)]
    if os.environ.get("CI") == "true" and unforgiven:
        faults.append(
            f"CI skips nothing, but {len(unforgiven)} of these reasons are not forgiven in tests/conftest.py"
        )
    named = [f"skipped because: {reason} ({number})" for reason, number in sorted(skips.items())]
    session.config.stash[_CLOSING] = named + faults
    if faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(_CLOSING, []):
        terminalreporter.write_line(line)
