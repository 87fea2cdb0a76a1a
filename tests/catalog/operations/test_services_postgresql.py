"""The same road on PostgreSQL: registered, accepted, hidden, shown, swept, and every page of the operator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog import views
from catalog.base import clock
from catalog.base.tables import SolutionRow
from catalog.operations import retention
from catalog.operations.services import Services
from catalog.people import accounts
from catalog.views.limits import limiter
from tests.support.browser import Browser, words


@pytest.mark.postgresql
def test_from_registering_to_sweeping(
    make_services: Callable[..., Services], empty_postgresql_url: str, tmp_path: Path, repository: str
) -> None:
    services = make_services(data_dir=tmp_path / "large", database_url=empty_postgresql_url)
    browser = Browser(views.application(services))
    limiter.enabled = False
    with services.database.write() as session:
        accounts.add(session, "anna", "correct horse battery")
    assert browser.sign_in().status_code == 303
    assert browser.post("/register", {"url": repository}).status_code == 200
    assert "waiting already" in words(browser.post("/register?lang=en", {"url": repository}))
    with services.database.read() as session:
        solution = session.scalars(select(SolutionRow.id)).one()
    for action, state in (
        ("accept", "listed"),
        ("hide", "hidden"),
        ("show", "listed"),
        ("correct", "listed"),
        ("withdraw", "withdrawn"),
    ):
        browser.post(f"/operator/entries/{solution}/{action}", {"reason": "x", "name_de": "Melder"})
        with services.database.read() as session:
            assert session.scalars(select(SolutionRow.state)).one() == state, action
    for page in (
        "",
        "/entries?q=melder",
        "/problems",
        "/sources",
        "/runs",
        "/runs/1",
        "/audit",
        f"/entries/{solution}",
    ):
        assert browser.get(f"/operator{page}").status_code == 200, page
    services.harvest().run(1)
    swept = retention.sweep(services, now=clock.later(clock.now(), days=91))
    assert swept["runs"] == 1
    assert swept["payloads"] == 3
