"""The pages that are not for everybody, in a real Chromium.

Signing in, registering and all an operator sees are accessible and whole at every width.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from catalog.base.tables import RepositoryRow, RunProblemRow, RunRow
from catalog.entries import moderation
from catalog.operations.services import Services
from catalog.people import accounts
from catalog.views.limits import limiter
from tests.catalog.views.conftest import serve
from tests.support import invented_catalogue
from tests.support.instance import publiccode
from tests.support.observed_page import VARIANTS, ObservedPage, axe, visit, widest
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer
from tests.support.servers.ports import free_port

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
FAULT = '{"code":"unreachable","values":{"host":"git.example","reason":"it does not answer"}}'


class OperatorsSite(NamedTuple):
    """A transfer office's instance in the middle of its work.

    `session` is a browser's that has signed in, `paths` all it should look at.
    """

    base: str
    forge: GitServer
    session: StorageState
    paths: list[str]


def _work(services: Services, ids: dict[str, str]) -> dict[str, str]:
    """One of each thing that an operator's pages treat differently. Gives what -> the id of its entry."""
    waiting = invented_catalogue.add(
        services,
        f"{invented_catalogue.HOST}/neu/wartet",
        invented_catalogue.metadata(
            invented_catalogue.publiccode(invented_catalogue.ENTRIES[0], name="Wartender Eintrag")
        ),
        accepted=False,
    )
    shown = {
        "waiting": waiting,
        "broken": ids["broken"],
        "withdrawn": ids["withdrawn"],
        "hidden": ids["Amtsblatt digital"],
        "frozen": ids["Dorfbus"],
    }
    with services.database.write() as session:
        accounts.add(session, "anna", PASSWORD)
        moderation.hide(
            session,
            shown["hidden"],
            reason="Rückfrage beim Herausgeber",
            account="anna",
            settings=services.settings,
        )
        moderation.correct(
            session, ids["Stadtarchiv offen"], {"licence": "MIT"}, account="anna", settings=services.settings
        )
        url = f"{invented_catalogue.HOST}/auenland/dorfbus"
        session.merge(
            RepositoryRow(
                url=url,
                solution=shown["frozen"],
                failing_since="2026-11-02T00:00:00.000Z",
                error=json.dumps(
                    {"code": "address-taken-over", "values": {"url": url, "numbers": "git.example#8"}},
                    separators=(",", ":"),
                ),
            )
        )
        run = RunRow(
            source=1,
            started="2026-11-02T00:00:00.000Z",
            ended="2026-11-02T00:01:00.000Z",
            counts='{"found":2,"new":1,"failed":1}',
        )
        session.add_all([run, RunRow(source=2, started="2026-11-03T00:00:00.000Z", error=FAULT)])
        session.flush()
        session.add(
            RunProblemRow(run=run.id, repository=f"{invented_catalogue.HOST}/auenland/weg", error=FAULT)
        )
    return shown


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A real Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def operators_site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[OperatorsSite]:
    folder = tmp_path_factory.mktemp("office")
    (folder / "git").mkdir()
    with git_http.serve(folder / "git") as forge:
        services, ids = invented_catalogue.instance(
            folder / "data",
            base_url=f"http://127.0.0.1:{free_port()}",
            allowed_private_hosts=(forge.authority,),
        )
        shown = _work(services, ids)
        entries = [f"/operator/entries/{id}" for id in shown.values()]
        paths = [
            "",
            "/entries",
            "/entries?q=Quantenkartoffel",
            "/sources",
            "/runs",
            "/runs/1",
            "/runs/2",
            "/problems",
            "/audit",
        ]
        served = serve(services, ids)
        base = next(served).base
        limiter.enabled = False
        yield OperatorsSite(
            base,
            forge,
            _signed_in(browser, base),
            paths=[
                *(f"/operator{path}" for path in paths),
                *entries,
                f"{entries[1]}/withdraw",
                "/solutions/amtsblatt-digital",
            ],
        )
        limiter.enabled = True
        limiter.reset()
        next(served, None)


def _signed_in(browser: Browser, base: str) -> StorageState:
    """By keyboard alone, and through a wrong password first: what a browser keeps after that."""
    observed = visit(browser)
    page = observed.open(base + "/operator")
    assert page.url.startswith(base + "/sign-in?next=")
    for password in ("wrong", PASSWORD):
        page.get_by_label("Name").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("anna")
        page.keyboard.press("Tab")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        if password == "wrong":
            page.get_by_role("alert").wait_for()
            assert axe(page) == []
    page.wait_for_url(base + "/operator")
    state = observed.page.context.storage_state()
    observed.page.context.close()
    return state


def faults(observed: ObservedPage, base: str) -> list[str]:
    page = observed.page
    return axe(page) + [f"too wide: {one}" for one in widest(page)] + observed.faults(base)


def _registered(observed: ObservedPage, operators_site: OperatorsSite, name: str) -> dict[str, list[str]]:
    """The form, its refusal, and what is said of a repository with remarks, of one without metadata, and of
    one that waits already.
    """
    found = {}
    for step, url in (
        ("form", ""),
        ("refused", "nonsense"),
        ("new", f"stadt/{name}"),
        ("waiting", f"stadt/{name}"),
        ("draft", f"stadt/{name}-leer"),
    ):
        page = observed.open(operators_site.base + "/register")
        if url:
            page.get_by_role("textbox").fill(f"{operators_site.forge.url}/{url}" if "/" in url else url)
            page.locator("main form button").click()
            page.wait_for_load_state()
        found[f"/register {step}"] = faults(observed, operators_site.base)
        assert page.locator("p.fault").count() == (step == "refused"), step
    return found


@pytest.mark.parametrize(
    "number", range(len(VARIANTS)), ids=["-".join(map(str, variant)) for variant in VARIANTS]
)
def test_the_pages_of_those_who_work_are_accessible_and_whole(
    operators_site: OperatorsSite,
    browser: Browser,
    number: int,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    """Every page in every way with PROOF=1; else each page in one of the ways, and each way on some pages."""
    whole = amount(0, 1) == 1
    language, scheme, width = VARIANTS[number]
    observed = visit(browser, language, scheme, width=width, storage_state=operators_site.session)
    found: dict[str, list[str]] = {}
    for place, path in enumerate(operators_site.paths):
        if whole or place % len(VARIANTS) == number:
            observed.open(operators_site.base + path)
            assert "/sign-in" not in observed.page.url
            found[path] = faults(observed, operators_site.base)
    observed.page.context.close()
    stranger = visit(browser, language, scheme, width=width)
    if whole or number == 0:
        for name, files in {
            f"w{number}": {
                "publiccode.yml": publiccode("https://x.example/a/b").replace(b"EUPL-1.2", b"Hausrecht")
            },
            f"w{number}-leer": {
                "README.md": b"# Leer\n\nEin Werkzeug ohne Metadaten, das es trotzdem gibt.\n"
            },
        }.items():
            git_http.create(operators_site.forge.root, f"stadt/{name}", files)
        found |= _registered(stranger, operators_site, f"w{number}")
    if whole or number == 7:
        stranger.open(operators_site.base + "/sign-in")
        found["/sign-in"] = faults(stranger, operators_site.base)
    stranger.page.context.close()
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    evidence("pages without a violation", len(found))


def test_an_operator_releases_an_address_and_is_told(operators_site: OperatorsSite, browser: Browser) -> None:
    observed = visit(browser, "en", storage_state=operators_site.session)
    page: Page = observed.open(operators_site.base + "/operator")
    page.get_by_role("button", name="It is the same software").click()
    page.wait_for_load_state()
    assert "read again as soon as a worker is free" in page.locator("main").inner_text()
    assert not page.get_by_role("button", name="It is the same software").count()
    observed.page.context.close()
