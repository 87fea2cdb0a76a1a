"""What an old release wrote is opened, upgraded and restored by today's code.

Every page answers before anything is read again, and after.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from catalog.base import database as databases
from catalog.base import language
from catalog.base.tables import Base, RecordRow, RepositoryRow
from catalog.changes import log
from catalog.changes.followers import follow_now, lag
from catalog.entries import takeover
from catalog.harvesting import seed
from catalog.harvesting.reread import reread
from catalog.operations.services import Services
from catalog.outlets import dcat_feed
from catalog.search.follower import IndexFollower
from crawlers.faults import Fault
from sandbox import Sandbox
from tests.support import every_page
from tests.support.browser import BASE, Browser, words
from tests.support.every_page import Amount, Page
from tests.support.releases import PASSWORD, PUBLIC, RELEASES, Release
from tests.support.scripted_catalogue import check_log
from tests.support.upgrades import Upgraded, UpgradePaths
from vocabularies import reading

# How what a release wrote gets here -> every how-many-th page is asked for, outside the whole proof.
SAMPLE = {"sqlite": 1, "backup": 1, "postgresql": 12, "backup to postgresql": 12}
# Columns whose values differ afterwards: "table.column" -> why. All others keep them.
CHANGED: dict[str, str] = {
    "account.password": "a sign-in renews its hash; test_operators_sign_in asks for it",
    "solution.in_feed": "stands in the log; test_the_log_goes_on_without_a_gap asks for it",
}
WANTED = "e3741046bb47c085"  # the version of wanted_files.py until the database kept it
# Rows that today's code adds to an old table.
ADDED = {"meta": 1}  # the version of the tables of publishers
OF_AN_EPOCH = {"change", "log_head"}  # what a restore writes anew


def _every_path() -> list[Any]:
    every = []
    for name, path_taken in product(RELEASES, SAMPLE):
        marks = [pytest.mark.postgresql] if "postgresql" in path_taken else []
        every.append(pytest.param((name, path_taken), id=f"{name} {path_taken}", marks=marks))
    return every


@pytest.fixture(scope="module")
def upgrade_paths(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox
) -> UpgradePaths:
    return UpgradePaths(request, tmp_path_factory, sandbox)


@pytest.fixture(scope="module", params=_every_path())
def upgraded(request: pytest.FixtureRequest, upgrade_paths: UpgradePaths) -> Iterator[Upgraded]:
    """Nothing has been read again yet. Tests leave it as it is."""
    yield from upgrade_paths.take(*request.param, "upgraded")


@pytest.fixture(scope="module", params=_every_path())
def renewed(request: pytest.FixtureRequest, upgrade_paths: UpgradePaths) -> Iterator[Upgraded]:
    """The stored texts have been read again by today's tables."""
    for upgraded in upgrade_paths.take(*request.param, "renewed"):
        services = upgraded.services
        reread(services.database, services.settings, services.sandbox)
        follow_now(services.database, services.followers, services.settings.data_dir)
        yield upgraded


# --- what a release wrote is there ----------------------------------------------------------------------


def test_the_schema_is_that_of_today(upgraded: Upgraded) -> None:
    opened = upgraded.services.database
    here = opened.engine.dialect.name
    with opened.engine.connect() as connection:
        opts = {
            "compare_type": True,
            "include_object": lambda item, *_: item.info.get("dialect", here) == here,
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
    assert databases.revision(opened) in databases.revisions(opened)


def test_each_repository_was_read_for_the_files_that_its_release_wanted(upgraded: Upgraded) -> None:
    """So that one is read again when a format is added, and not for having been upgraded."""
    with upgraded.services.database.read() as session:
        assert set(session.scalars(select(RepositoryRow.wanted))) == {WANTED}


def test_no_value_is_lost(upgraded: Upgraded) -> None:
    """Whatever column an old table had has its value still, unless a migration is meant to change it."""
    with upgraded.services.database.read() as session:
        for name, rows in upgraded.release.tables.items():
            if not (upgraded.restored and name in OF_AN_EPOCH):
                table = Base.metadata.tables[name]
                kept = [column for column in rows[0] if f"{name}.{column}" not in CHANGED]
                there = session.execute(select(*(table.columns[column] for column in kept))).all()
                before = {tuple(row[column] for column in kept) for row in rows}
                assert before <= {tuple(row) for row in there}, name
                assert len(there) == len(rows) + ADDED.get(name, 0), name


def test_since_when_a_repository_is_missing_stands_in_a_column_of_its_own(upgraded: Upgraded) -> None:
    """The first release kept it inside the fault."""
    before = {}
    for row in upgraded.release.tables["repository"]:
        before[row["url"]] = msgspec.json.decode(row["error"]).get("since", "") if row["error"] else ""
    assert any(before.values())
    with upgraded.services.database.read() as session:
        rows = session.execute(select(RepositoryRow.url, RepositoryRow.missing_since)).all()
    assert {row.url: row.missing_since for row in rows if row.url in before} == before


def test_the_log_goes_on_without_a_gap(upgraded: Upgraded) -> None:
    before, listed = upgraded.release.manifest, upgraded.release.listed
    with upgraded.services.database.read() as session:
        head = log.head(session)
        changes = log.changes(session, epoch=head.epoch, after=0, limit=10_000)
    newest = {change.subject.rpartition("/")[2]: change.in_feed for change in changes}
    fed = {row["id"] for row in upgraded.release.tables["solution"] if row["in_feed"]}
    assert fed
    assert {id for id, in_feed in newest.items() if in_feed} == fed
    assert [change.seq for change in changes] == list(range(1, head.seq + 1))
    assert changes[-1].published == head.published
    if upgraded.restored:
        assert head.epoch != before.epoch
        assert head.published > before.published
        assert {change.subject.rpartition("/")[2] for change in changes} == listed
    else:
        assert (head.epoch, head.seq, head.published) == (before.epoch, before.seq, before.published)


def test_the_index_holds_every_listed_entry(upgraded: Upgraded) -> None:
    _check_search(upgraded)


def _check_search(upgraded: Upgraded) -> None:
    assert upgraded.services.index.ids() == upgraded.release.listed
    browser, slugs = upgraded.browser(), set()
    for number in (1, 2, 3):
        answer = browser.get(f"/solutions.json?size=20&page={number}").json
        slugs |= {item["slug"] for item in answer["items"]}
    listed = [entry for entry in upgraded.release.entries if entry.state == "listed"]
    assert answer["total"] == len(listed)
    assert slugs == {entry.slug for entry in listed}
    for entry in listed:
        items = browser.get("/solutions.json", query_string={"q": entry.name, "size": 100}).json["items"]
        assert entry.slug in {item["slug"] for item in items}, entry.name


# --- every page answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", ["de", "en"])
def test_every_page_answers(upgraded: Upgraded, spoken: str, amount: Amount) -> None:
    _check_pages(upgraded, spoken, amount)


def _check_pages(upgraded: Upgraded, spoken: str, amount: Amount, *, every: int = 1) -> None:
    app, pages = upgraded.app, list(every_page.of_visitors(upgraded.release, amount))
    assert {every_page.view(app, page) for page in pages} == every_page.views_of(app, "public")
    if spoken != "de":
        pages = [page for page in pages if every_page.is_worded(app, page)]
    some = every_page.thinned(app, pages, amount(max(every, SAMPLE[upgraded.path_taken]), 1))
    assert _faults(upgraded.browser(), some, spoken) == ""


@pytest.mark.parametrize("spoken", ["de", "en"])
def test_every_page_of_operators_answers(upgraded: Upgraded, spoken: str, amount: Amount) -> None:
    _check_operator(upgraded, spoken, amount)


def _check_operator(upgraded: Upgraded, spoken: str, amount: Amount, *, every: int = 1) -> None:
    app, pages = upgraded.app, list(every_page.of_operators(upgraded.release))
    assert {every_page.view(app, page) for page in pages} >= every_page.views_of(app, "operator")
    some = every_page.thinned(app, pages, amount(max(every, SAMPLE[upgraded.path_taken]), 1))
    assert _faults(upgraded.operator(), some, spoken) == ""


def _faults(browser: Browser, pages: list[Page], spoken: str) -> str:
    """One line for each page that does not answer as it should."""
    headers = {"Accept": "text/html", "Accept-Language": spoken}
    answers = ((browser.get(page.path, headers=headers), page) for page in pages)
    faults = (every_page.fault(answer, page, spoken) for answer, page in answers)
    return "\n".join(filter(None, faults))


def test_the_feed_is_walked_to_its_end(upgraded: Upgraded) -> None:
    _check_feed(upgraded)


def _check_feed(upgraded: Upgraded) -> None:
    browser, address, datasets, pages = upgraded.browser(), f"{BASE}/dcat/catalog.nt", set[str](), 0
    while address:
        answer = browser.get(address.removeprefix(BASE))
        assert answer.status_code == 200
        triples = [line.split(" ", 2) for line in answer.text.removesuffix("\n").split("\n")]
        datasets |= {
            triple[2][1:-3] for triple in triples if triple[1] == "<http://www.w3.org/ns/dcat#dataset>"
        }
        following = [triple[2][1:-3] for triple in triples if triple[1].endswith("hydra/core#next>")]
        address, pages = next(iter(following), ""), pages + 1
    fed = {f"{BASE}/id/solution/{entry.id}" for entry in upgraded.release.entries if entry.in_feed}
    assert datasets == fed
    assert pages == -(-len(fed) // dcat_feed.SIZE)


@pytest.mark.parametrize("spoken", ["de", "en"])
def test_stored_errors_are_sentences(upgraded: Upgraded, spoken: str) -> None:
    browser, translator = upgraded.operator(), language.translator(spoken)
    shown: dict[str, str] = {}
    for fault in upgraded.release.faults:
        if fault.page not in shown:
            shown[fault.page] = words(browser.get(fault.page, headers={"Accept-Language": spoken}))
        today = Fault.read(msgspec.json.encode({"code": fault.code, "values": fault.values}).decode())
        sentence = " ".join(language.sentence(translator, today).split())
        assert sentence in shown[fault.page], fault


def test_addresses_that_changed_hands_wait_for_a_decision(upgraded: Upgraded) -> None:
    waiting = upgraded.release.taken_over
    assert waiting
    with upgraded.services.database.read() as session:
        taken_over = {item.url: list(item.numbers) for item in takeover.all_of(session)}
    assert taken_over == waiting
    overview = words(upgraded.operator().get("/operator"))
    assert not [url for url in waiting if url not in overview]


def test_copies_lead_to_their_original(upgraded: Upgraded) -> None:
    entries = {entry.id: entry for entry in upgraded.release.entries}
    copies = [entry for entry in entries.values() if entry.state == "copy"]
    assert copies
    for entry in copies:
        original = entries[entry.copy_of]
        page = upgraded.browser().get(f"/solutions/{entry.slug}").text
        assert (f'/solutions/{original.slug}"' in page) == (original.state in PUBLIC), entry.slug


def test_operators_sign_in(upgraded: Upgraded) -> None:
    for row in upgraded.release.tables["account"]:
        browser = upgraded.browser()
        assert browser.sign_in(row["name"], "another password").status_code == 401
        assert browser.sign_in(row["name"], PASSWORD).status_code == 303
        with browser.client.session_transaction(base_url=BASE) as cookie:
            assert (cookie["account"], cookie["number"]) == (row["id"], row["sessions"])
        assert browser.get("/operator").status_code == 200


# --- after it was read again ----------------------------------------------------------------------------


def test_everything_was_read_again(renewed: Upgraded) -> None:
    with renewed.services.database.read() as session:
        assert set(session.scalars(select(RecordRow.reader))) == {reading.version()}
        check_log(renewed.services.settings, session)


def test_every_page_answers_again(renewed: Upgraded, amount: Amount) -> None:
    every = 3 if renewed.path_taken == "sqlite" else 16
    _check_pages(renewed, "de", amount, every=every)
    _check_operator(renewed, "de", amount, every=every)
    _check_feed(renewed)
    _check_search(renewed)


def test_the_next_start_changes_nothing(renewed: Upgraded) -> None:
    before = _rows(renewed.services)
    again = Services(renewed.services.settings)
    again.sandbox = renewed.services.sandbox
    assert again.settings.seed
    assert seed.load(again.database, again.settings) == (0, 0)
    assert reread(again.database, again.settings, again.sandbox) == (0, 0)
    with again.database.read() as session:
        assert not lag(session, IndexFollower(renewed.services.index, again.settings)).behind
    assert _rows(again) == before
    again.database.close()


def _rows(services: Services) -> dict[str, list[str]]:
    with services.database.read() as session:
        return {
            table.name: sorted(repr(row) for row in session.execute(select(table)))
            for table in Base.metadata.sorted_tables
        }


# --- the fixtures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RELEASES)
def test_a_fixture_holds_what_an_upgrade_can_break(name: str) -> None:
    release = Release(name)
    assert not [table for table, rows in release.tables.items() if not rows]
    assert {entry.state for entry in release.entries} == every_page.STATUS.keys()
    assert {entry.life for entry in release.entries} == {"reachable", "failing", "archived", "gone"}
    assert {row["state"] for row in release.tables["source"]} >= {
        "active",
        "paused",
        "pending",
        "refused",
        "attempt",
    }
    assert {fault.code for fault in release.faults} >= {"not-found", "replaced", "led-astray"}
    assert {row["reader"] for row in release.tables["record"]} != {reading.version()}
    explained = (release.folder / "README.md").read_text()
    assert not [entry.slug for entry in release.entries if f"`{entry.slug}`" not in explained]
