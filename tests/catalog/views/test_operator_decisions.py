"""What only operators see and decide.

Pages of entries that wait or are hidden, addresses another repository stands at, sources of their own.
"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from catalog.base.tables import AuditRow, RepositoryRow, SolutionRow, SourceRow
from catalog.operations.services import Services
from tests.support.browser import Browser, words
from tests.support.instance import row

TAKEN_OVER = '{"code":"address-taken-over","values":{"url":"x","numbers":"forge.example#8"}}'


def addresses(row: SolutionRow) -> list[str]:
    """Every public address of an entry that says something of its content."""
    page, identifier = f"/solutions/{row.slug}", f"/id/solution/{row.id}"
    return [
        page,
        f"{page}.json",
        f"{page}/source/publiccode",
        *(f"{identifier}{end}" for end in ("", ".ttl", ".jsonld", ".codemeta.json", ".publiccode.yml")),
    ]


@pytest.mark.parametrize("state", ["pending", "hidden"])
def test_what_waits_or_is_hidden_is_seen_by_operators_alone(
    services: Services, operator: Browser, visitor: Browser, pending: str, state: str
) -> None:
    if state == "hidden":
        operator.post(f"/operator/entries/{pending}/accept")
        operator.post(f"/operator/entries/{pending}/hide", {"reason": "A doubt"})
    found = row(services, pending)
    assert found.state == state
    seen = operator.get(f"/operator/entries/{pending}?lang=en")
    preview = re.search(r'href="(/solutions/[^"]+)">How the page looks', seen.text)
    assert preview
    assert "Nimmt Meldungen" in words(seen)
    page = operator.get(preview[1])
    assert page.status_code == 200
    assert "Mängelmelder" in words(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in page.headers
    assert 'name="robots" content="noindex"' in page.text
    for path in addresses(found):
        answer = visitor.get(path)
        assert answer.status_code == 404, path
        assert "Mängelmelder" not in answer.text, path
        mine = operator.get(path)
        assert mine.status_code == 404 or mine.headers["Cache-Control"] == "private, no-store", path
        # A copy of the operator's answer must not come out of a cache, nor a visitor's 404 be kept.
        assert (
            visitor.get(path, headers={"If-None-Match": mine.headers.get("ETag", '"x"')}).status_code == 404
        ), path
    for path in (
        "/solutions",
        "/solutions.json",
        "/feed.atom",
        "/dcat/catalog.ttl",
        "/sitemap.xml",
        "/publishers",
        "/",
    ):
        assert found.slug not in operator.get(path).text, f"{path} is the same for everybody"


def test_a_withdrawn_entry_is_gone_for_operators_too(
    services: Services, operator: Browser, entry: str
) -> None:
    operator.post(f"/operator/entries/{entry}/withdraw", {"reason": "Published by mistake"})
    assert operator.get(f"/solutions/{row(services, entry).slug}").status_code == 410
    assert operator.get(f"/operator/entries/{entry}").status_code == 200


# --- an address at which another repository stands ------------------------------------------------------


@pytest.fixture
def taken_over(services: Services, entry: str, repository: str) -> str:
    """The address of the entry; a forge has said that its number is another one."""
    with services.database.write() as session:
        session.execute(
            update(RepositoryRow).values(error=TAKEN_OVER, failing_since="2026-11-20T00:00:00.000Z")
        )
        session.execute(update(SourceRow).values(due="2099-01-01T00:00:00.000Z"))
    return repository


def test_the_overview_and_the_entry_say_what_either_decision_does(
    operator: Browser, entry: str, taken_over: str
) -> None:
    for path in ("/operator", f"/operator/entries/{entry}"):
        said = words(operator.get(f"{path}?lang=en"))
        assert "Since 20 November 2026 another repository stands here" in said, path
        assert "number is now forge.example#8" in said, path
        assert "the old entry is withdrawn for good" in said, path


@pytest.mark.parametrize(
    ("action", "state", "noted"),
    [("keep", "listed", "release-same"), ("release", "withdrawn", "release-other")],
)
def test_the_address_is_released(
    services: Services, operator: Browser, entry: str, taken_over: str, action: str, state: str, noted: str
) -> None:
    answer = operator.post(f"/operator/addresses/{action}", {"url": taken_over, "reason": "Taken over"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operator")
    said = words(operator.get("/operator?lang=en"))
    assert "another repository stands" not in said
    assert row(services, entry).state == state
    with services.database.read() as session:
        source = session.scalars(select(SourceRow)).one()
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert source.due < "2099"
    assert (last.account, last.action, last.subject) == ("anna", noted, taken_over)
    assert taken_over in words(operator.get("/operator/audit"))
    assert services.harvest().run(source.id).failed == 0
    again = operator.post(f"/operator/addresses/{action}", {"url": taken_over, "reason": "again"})
    assert "nicht (mehr) in Ruhe gelassen" in words(operator.get(again.headers["Location"]))


def test_giving_up_an_address_needs_a_reason(
    services: Services, operator: Browser, entry: str, taken_over: str
) -> None:
    operator.post("/operator/addresses/release", {"url": taken_over, "reason": " "})
    assert "Bitte nennen Sie einen Grund" in words(operator.get("/operator"))
    assert row(services, entry).state == "listed"


@pytest.mark.parametrize(
    "url", ["", "https://nowhere.example/a/b", "'; DROP TABLE solution; --", "x" * 5_000]
)
def test_an_address_that_is_none_of_them_gets_a_sentence(
    operator: Browser, taken_over: str, url: str
) -> None:
    for action in ("keep", "release"):
        answer = operator.post(f"/operator/addresses/{action}", {"url": url, "reason": "x"})
        assert "note--danger" in operator.get(answer.headers["Location"]).text


# --- sources of their own -------------------------------------------------------------------------------


def test_a_source_an_operator_names_is_accepted_with_what_it_shows(
    services: Services, operator: Browser, visitor: Browser, pending: str, repository: str
) -> None:
    assert operator.post("/operator/sources", {"url": repository}).status_code == 303
    assert "note--danger" not in operator.get("/operator/sources").text
    with services.database.read() as session:
        source = session.scalars(select(SourceRow)).one()
    assert source.state == "active"
    services.harvest().run(source.id)
    assert row(services, pending).state == "listed"
    assert visitor.get(f"/solutions/{row(services, pending).slug}").status_code == 200
    operator.post(f"/operator/entries/{pending}/accept")
    assert "wartet nicht mehr" in words(operator.get("/operator"))


def test_nothing_done_is_said(operator: Browser) -> None:
    assert "Noch wurde nichts getan" in words(operator.get("/operator/audit"))
