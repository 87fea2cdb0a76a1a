"""Several processes start for the first time at once, as site and worker do.

One makes the tables, the others wait, all go on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from catalog.base import database
from catalog.base.database import Database
from catalog.base.settings import Settings, read
from catalog.base.tables import LogHeadRow, MetaRow
from tests.support.browser import BASE
from tests.support.packages import ROOT

# Says that it is there, waits until all are, then starts.
_START = """
import sys
from catalog.base import database
from catalog.operations.services import Services
from catalog.base.settings import read
services = Services(read())
print("there", flush=True)
sys.stdin.readline()
services.database
services.close()
print("done", flush=True)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Of an instance that was never started."""
    url = request.getfixturevalue("empty_postgresql_url") if request.param == "postgresql" else ""
    return read({}, data_dir=tmp_path / "new", base_url=BASE, database_url=url)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Database]:
    made = database.connect(settings)
    yield made
    made.close()


class Start:
    """A process that is there and waits for `go`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ends_well(self) -> None:
        said, complaint = self.process.communicate(timeout=120)
        assert (said, self.process.returncode) == ("done\n", 0), complaint


@contextmanager
def started(settings: Settings) -> Iterator[Start]:
    given = {
        "ALLMENDE_DATA_DIR": str(settings.data_dir),
        "ALLMENDE_BASE_URL": BASE,
        "ALLMENDE_DATABASE_URL": settings.database_url,
    }
    environment = {"PATH": os.environ["PATH"], **{name: value for name, value in given.items() if value}}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _START]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield Start(process)
        finally:
            process.kill()


def test_first_starts_at_once_make_one_catalogue(settings: Settings, opened: Database) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(started(settings)) for _ in range(3)]
        for process in processes:
            process.go()
        for process in processes:
            process.ends_well()
    with opened.read() as session:
        assert session.scalar(select(func.count()).select_from(LogHeadRow)) == 1
        assert session.scalars(select(MetaRow.value).where(MetaRow.key == "base_url")).all() == [BASE]
        assert session.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1


def test_a_start_waits_for_the_upgrade_of_another(settings: Settings, opened: Database) -> None:
    """While somebody upgrades, nobody else begins to; the tables are there when the second one goes on."""
    with started(settings) as process:
        with database.alone(opened):
            process.go()
            with pytest.raises(subprocess.TimeoutExpired):
                process.process.wait(timeout=1)
            assert database.revision(opened) == ""
        process.ends_well()
    assert database.revision(opened) in database.revisions(opened)
