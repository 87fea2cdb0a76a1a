"""The invented catalogue: asked in process, and served to a real Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from waitress.server import create_server

from catalog import views
from catalog.operations.services import Services
from tests.support import invented_catalogue
from tests.support.servers.ports import free_port


class Site(NamedTuple):
    """A filled instance. `ids` are those of the special cases of catalogue.py."""

    services: Services
    app: Flask
    ids: dict[str, str]
    base: str

    def client(self, language: str = "de") -> FlaskClient:
        """A visitor who reads this language."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        return client


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The instance, in process; it is only read from."""
    services, ids = invented_catalogue.instance(tmp_path_factory.mktemp("site"))
    yield Site(services, views.application(services), ids, base=services.settings.base_url)
    services.close()


@pytest.fixture
def german_visitor(site: Site) -> FlaskClient:
    """Somebody who reads German."""
    return site.client()


def serve(services: Services, ids: dict[str, str]) -> Iterator[Site]:
    """The instance behind a real HTTP server at its base URL."""
    app, port = views.application(services), int(services.settings.base_url.rpartition(":")[2])
    server = create_server(app, host="127.0.0.1", port=port, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(services, app, ids, base=services.settings.base_url)
    server.close()
    thread.join(timeout=10)
    services.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The instance behind a real HTTP server."""
    services, ids = invented_catalogue.instance(
        tmp_path_factory.mktemp("served"), base_url=f"http://127.0.0.1:{free_port()}"
    )
    yield from serve(services, ids)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A real Chromium."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=arguments)
        yield started
        started.close()
