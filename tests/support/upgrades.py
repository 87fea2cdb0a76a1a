"""What an old release wrote, opened by today's code: its file or dump upgraded, or its backup restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask

from catalog import views
from catalog.base.settings import read
from catalog.changes.followers import follow_now
from catalog.operations import backup
from catalog.operations.services import Services
from catalog.outlets import dcat_feed
from catalog.views.limits import limiter
from sandbox import Sandbox
from tests.support.browser import BASE, Browser
from tests.support.instance import Compiled
from tests.support.releases import PASSWORD, Release
from tests.support.servers import postgresql


class Upgraded(NamedTuple):
    """What a release wrote, opened by today's code."""

    release: Release
    path_taken: str
    services: Services
    app: Flask

    def browser(self) -> Browser:
        return Browser(self.app)

    def operator(self) -> Browser:
        browser = self.browser()
        assert browser.sign_in("anna", PASSWORD).status_code == 303
        return browser

    @property
    def restored(self) -> bool:
        return self.path_taken.startswith("backup")


class UpgradePaths:
    """Opens what a release wrote by one of the upgrade paths, each time a copy of its own."""

    def __init__(
        self, request: pytest.FixtureRequest, folders: pytest.TempPathFactory, sandbox: Sandbox
    ) -> None:
        self._request, self._folders, self._sandbox = request, folders, sandbox

    def take(self, name: str, path_taken: str, purpose: str) -> Iterator[Upgraded]:
        release, folder = Release(name), self._folders.mktemp(purpose)
        given: dict[str, Any] = {"base_url": BASE, "data_dir": folder}
        if "postgresql" in path_taken:
            server = self._request.getfixturevalue("postgresql_url")
            given["database_url"] = postgresql.new_database(server, f"upgrade_{purpose}")
        services = Services(read({}, **given))
        services.sandbox = self._sandbox
        self._bring(release, path_taken, services, folder=folder)
        follow_now(services.database, services.followers, services.settings.data_dir)
        app = views.application(services)
        app.jinja_env.bytecode_cache = Compiled()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(limiter, "enabled", False)
            patch.setattr(dcat_feed, "SIZE", 10)  # so that the feed has several pages
            yield Upgraded(release, path_taken, services, app=app)
        services.__dict__.pop("sandbox")
        services.close()

    def _bring(self, release: Release, path_taken: str, services: Services, *, folder: Path) -> None:
        if path_taken == "sqlite":
            (folder / "allmende.sqlite").write_bytes(release.sqlite())
        elif path_taken == "postgresql":
            postgresql.load(services.settings.database_url, release.dump())
        else:
            backup.restore(services, release.backup)
