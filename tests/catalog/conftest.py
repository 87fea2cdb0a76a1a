"""Both databases, made once and emptied for each test; a sandbox; a scripted catalogue; a whole instance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.base import database as databases
from catalog.base.database import Database
from catalog.base.settings import Settings, read
from catalog.base.tables import Base
from catalog.changes import log
from sandbox import Sandbox
from tests.support.instance import (  # noqa: F401  fixtures: a whole instance
    _cheap_passwords,
    app,
    empty_database,
    entry,
    forge,
    instance_settings,
    limits,
    make_services,
    operator,
    pending,
    repository,
    services,
    visitor,
)
from tests.support.scripted_catalogue import ScriptedCatalogue
from tests.support.servers import postgresql

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalogue, whose file is copied: faster than making its tables each time."""
    folder = tmp_path_factory.mktemp("template")
    connected = databases.connect(read({}, data_dir=folder))
    databases.upgrade(connected)
    connected.close()
    return folder / "allmende.sqlite"


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str, worker_id: str) -> str:
    """A database with tables and without rows."""
    url = postgresql.new_database(postgresql_url, f"catalogue_{worker_id}")
    connected = databases.connect(read({}, database_url=url))
    databases.upgrade(connected)
    connected.close()
    return url


@pytest.fixture
def make_settings(request: pytest.FixtureRequest, data_dir: Path) -> Callable[..., Settings]:
    """`make_settings("sqlite")`: settings of an empty catalogue on that engine."""

    def make(engine: str, **given: Any) -> Settings:
        values: dict[str, Any] = {
            "base_url": "https://allmende.example.org",
            "data_dir": data_dir,
            "seed": False,
            **given,
        }
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
    connected = databases.connect(settings)
    with connected.write() as session:
        log.start(session)
    yield connected
    connected.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests of a process: its children take a while to start."""
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture
def catalogue(
    database: Database, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> ScriptedCatalogue:
    return ScriptedCatalogue(database, settings, sandbox, monkeypatch=monkeypatch)
