"""Both databases, made once and emptied for each test; one sandbox; the stage."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog import database as databases
from catalog import log
from catalog.database import Database
from catalog.settings import Settings, read
from catalog.tables import Base
from sandbox import Sandbox
from tests.catalogue.stage import Stage
from tests.servers import postgresql

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalogue, whose file is copied: faster than making its tables each time."""
    folder = tmp_path_factory.mktemp("template")
    opened = databases.connect(read({}, data_dir=folder))
    databases.upgrade(opened)
    opened.close()
    return folder / "allmende.sqlite"


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str, worker_id: str) -> str:
    """A database with tables and without rows."""
    url = postgresql.new_database(postgresql_url, f"catalogue_{worker_id}")
    opened = databases.connect(read({}, database_url=url))
    databases.upgrade(opened)
    opened.close()
    return url


@pytest.fixture
def make_settings(request: pytest.FixtureRequest, data_dir: Path) -> Callable[..., Settings]:
    """`make_settings("sqlite")`: settings of an empty catalogue on that engine."""

    def make(engine: str, **given: Any) -> Settings:
        values: dict[str, Any] = {"base_url": "https://allmende.example.org", "data_dir": data_dir, "seed": False, **given}
        if engine == "postgresql":
            values["database_url"] = request.getfixturevalue("postgresql_template")
            emptied(values["database_url"])
        else:
            shutil.copy(request.getfixturevalue("sqlite_template"), data_dir / "allmende.sqlite")
        return read({}, **values)

    return make


def emptied(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE".encode())


@pytest.fixture(params=ENGINES)
def settings(request: pytest.FixtureRequest, make_settings: Callable[..., Settings]) -> Settings:
    return make_settings(request.param)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """An empty catalogue's database with the log's head in place, on either engine."""
    opened = databases.connect(settings)
    with opened.write() as session:
        log.start(session)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture
def stage(database: Database, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(database, settings, sandbox, monkeypatch)
