"""A whole Allmende in a folder of its own, a real Git server it may read, and an operator's account."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from msgspec.structs import replace
from sqlalchemy import select

from catalog import views
from catalog.base.http_policy import policy
from catalog.base.settings import Settings, read
from catalog.base.tables import SolutionRow
from catalog.operations.services import Services
from catalog.people import accounts
from catalog.views.limits import limiter
from crawlers.net.http import Http
from sandbox import Sandbox
from tests.support.browser import BASE, Browser
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer

PUBLICCODE = """publiccodeYmlVersion: "0.4"
name: {name}
url: {url}
platforms: [web]
developmentStatus: stable
softwareType: standalone/web
description:
  de:
    shortDescription: Nimmt Meldungen über Schäden entgegen
    longDescription: {long}
    features: [Karte]
legal: {{license: EUPL-1.2}}
maintenance: {{type: internal, contacts: [{{name: Bauamt}}]}}
localisation: {{localisationReady: true, availableLanguages: [de]}}
"""


def publiccode(url: str, name: str = "Mängelmelder") -> bytes:
    """A valid publiccode.yml."""
    return PUBLICCODE.format(
        name=name, url=url, long="Bürgerinnen und Bürger melden Schäden an Straßen. " * 4
    ).encode()


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[GitServer]:
    """A Git server; `git_http.create(forge.root, ...)` puts a repository there."""
    (tmp_path / "git").mkdir()
    with git_http.serve(tmp_path / "git") as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all its tables and nothing in them, made once and copied for each test."""
    services = Services(read({}, data_dir=tmp_path_factory.mktemp("fresh"), base_url=BASE))
    services.database.close()
    return services.settings.data_dir / "allmende.sqlite"


class Compiled(BytecodeCache):
    """Templates compiled once for all the applications of a process."""

    known: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with little work: what it costs is not what these tests are about."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    accounts._nobody.cache_clear()


@pytest.fixture
def make_services(
    data_dir: Path, forge: GitServer, sandbox: Sandbox, empty_database: Path
) -> Iterator[Callable[..., Services]]:
    """`make_services(data_dir=..., database_url=...)`: services without pauses between requests.

    Closed after the test.
    """
    made: list[Services] = []

    def make(**given: Any) -> Services:
        settings = read(
            {},
            **{
                "base_url": BASE,
                "data_dir": data_dir,
                "seed": False,
                "allowed_private_hosts": (forge.authority,),
                **given,
            },
        )
        if not settings.database_url and not (settings.data_dir / empty_database.name).exists():
            settings.data_dir.mkdir(exist_ok=True)
            shutil.copy(empty_database, settings.data_dir)
        services = Services(settings)
        services.http = Http(replace(policy(settings), requests_per_second=0.0, retries=0, patience=0.0))
        services.sandbox = sandbox
        made.append(services)
        return services

    yield make
    for services in made:
        services.__dict__.pop("sandbox")
        services.close()


@pytest.fixture
def services(make_services: Callable[..., Services]) -> Services:
    return make_services()


@pytest.fixture
def instance_settings(services: Services) -> Settings:
    return services.settings


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """The site, without rate limits unless a test turns them on."""
    made = views.application(services)
    made.jinja_env.bytecode_cache = Compiled()
    limiter.enabled = False
    yield made
    limiter.enabled = False
    limiter.reset()


@pytest.fixture
def limits(app: Flask) -> None:
    """The rate limits are on, and nobody has asked yet."""
    limiter.enabled = True
    limiter.reset()


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def operator(app: Flask, services: Services) -> Browser:
    """Somebody who is signed in."""
    with services.database.write() as session:
        accounts.add(session, "anna", "correct horse battery")
    browser = Browser(app, address="192.0.2.9")
    assert browser.sign_in().status_code == 303
    return browser


@pytest.fixture
def repository(forge: GitServer) -> str:
    """The address of a repository with a valid publiccode.yml."""
    url = f"{forge.url}/stadt/maengelmelder"
    git_http.create(
        forge.root,
        "stadt/maengelmelder",
        {"publiccode.yml": publiccode(url), "README.md": b"# Melder\n", "LICENSE": b"EUPL"},
    )
    return url


@pytest.fixture
def pending(services: Services, visitor: Browser, repository: str) -> str:
    """The id of an entry that a visitor registered."""
    assert visitor.post("/register", {"url": repository}).status_code == 200
    with services.database.read() as session:
        return session.scalars(select(SolutionRow.id)).one()


@pytest.fixture
def entry(operator: Browser, pending: str) -> str:
    """The id of an entry that is public."""
    operator.post(f"/operator/entries/{pending}/accept")
    return pending


def row(services: Services, solution: str) -> SolutionRow:
    """An entry as it is stored now."""
    with services.database.read() as session:
        found = session.get(SolutionRow, solution)
        assert found is not None
        return found
