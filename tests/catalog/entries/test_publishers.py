"""The two small tables of publishers and of the bodies that entries name.

Counts, names, pages, and making them anew.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from catalog.base.errors import PublisherNotFound
from catalog.base.tables import InvolvedRow, MetaRow, PublisherRow
from catalog.entries import publishers, publishing
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode


def entry(owner: str, number: int, *, uses: tuple[str, ...] = (), draft: bool = False) -> Repository:
    """Published by its owner; `uses` are the bodies that use it."""
    url = f"{HOST}/{owner}/app{number}"
    files = {"README.md": b"# App\n\nA draft that says what it is for in a whole sentence.\n"}
    if not draft:
        used: dict[str, Any] = {"usedBy": list(uses)} if uses else {}
        files = {"publiccode.yml": publiccode(f"App{number}", url=url, **used)}
    return Repository(url, files, id=100 + number)


def counts(catalogue: ScriptedCatalogue) -> dict[str, tuple[str, int, int]]:
    with catalogue.database.read() as session:
        rows = session.scalars(select(PublisherRow)).all()
    return {row.slug: (row.name, row.listed, row.drafts) for row in rows}


def involved(catalogue: ScriptedCatalogue) -> set[tuple[str, str]]:
    with catalogue.database.read() as session:
        return {(row.slug, row.role) for row in session.scalars(select(InvolvedRow))}


@pytest.fixture
def town(catalogue: ScriptedCatalogue) -> ScriptedCatalogue:
    catalogue.crawl(
        entry("soest", 1, uses=("Stadt Ahlen", "Kreis Unna")),
        entry("soest", 2, uses=("Stadt Ahlen",)),
        entry("soest", 3, draft=True),
        entry("ahlen", 4),
        entry("bochum", 5, draft=True),
    )
    return catalogue


def test_entries_are_counted_by_publisher_and_state(town: ScriptedCatalogue) -> None:
    assert counts(town) == {"soest": ("soest", 2, 1), "ahlen": ("ahlen", 1, 0), "bochum": ("bochum", 0, 1)}
    assert involved(town) == {("stadt-ahlen", "deployer"), ("kreis-unna", "deployer")}
    with town.database.write() as session:
        for number in (2, 4):
            row = next(row for row in town.solutions() if row.name == f"App{number}")
            publishing.withdraw(session, row.id, reason="r", settings=town.settings)
    assert counts(town) == {"soest": ("soest", 1, 1), "bochum": ("bochum", 0, 1)}


def test_who_is_named_no_longer_goes(town: ScriptedCatalogue) -> None:
    town.crawl(entry("soest", 1, uses=("Kreis Unna", "Stadt Hamm")), entry("soest", 2))
    assert involved(town) == {("stadt-hamm", "deployer"), ("kreis-unna", "deployer")}
    town.check()


def test_publishers_are_shown_page_by_page(town: ScriptedCatalogue) -> None:
    with town.database.read() as session:
        found = {
            asked: [row.slug for row in publishers.page(session, words="", number=asked, size=2)[1]]
            for asked in (1, 2, 3)
        }
        assert found == {1: ["ahlen", "bochum"], 2: ["soest"], 3: []}
        total, some = publishers.page(session, words="SOE", number=1, size=2)
        assert (total, [row.slug for row in some]) == (1, ["soest"])
        assert publishers.page(session, words="%", number=1, size=2)[0] == 0
        soest = publishers.get(session, "soest")
        names = [
            [row.name for row in publishers.entries(session, soest, number=number, size=2)]
            for number in (1, 2)
        ]
    assert names == [["App1", "App2"], ["app3"]], "what is listed first, then drafts"


def test_a_publisher_by_its_slug(town: ScriptedCatalogue) -> None:
    with town.database.read() as session:
        assert publishers.get(session, "ahlen").listed == 1
        with pytest.raises(PublisherNotFound):
            publishers.get(session, "nobody")
        assert publishers.name_of(session, "ahlen") == "ahlen"
        assert publishers.name_of(session, "nobody") == publishers.name_of(session, "") == ""
        assert publishers.names_of(session, ["ahlen", "nobody"]) == {"ahlen": "ahlen"}


def test_who_uses_what(town: ScriptedCatalogue) -> None:
    with town.database.read() as session:
        used = publishers.used_by(session, "stadt-ahlen", limit=9)
        assert [row.name for row in used] == ["App1", "App2"]
        assert [row.name for row in publishers.used_by(session, "stadt-ahlen", limit=1)] == ["App1"]
        assert publishers.used_by(session, "soest", limit=9) == []


def test_both_tables_are_made_anew_when_another_version_made_them(
    town: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishers, "_BATCH", 2)
    before = counts(town), involved(town)
    with town.database.write() as session:
        publishers.ensure(session)
        assert not publishers.ensure(session)
        session.get_one(MetaRow, "publishers").value = "of another version"
        session.get_one(PublisherRow, "ahlen").listed = 7
        session.add(InvolvedRow(slug="gone", role="deployer", solution=town.solutions()[0].id))
    with town.database.write() as session:
        assert publishers.ensure(session)
        assert not publishers.ensure(session)
    assert (counts(town), involved(town)) == before
    with town.database.write() as session:
        assert publishers.rebuild(session) == 5
    assert (counts(town), involved(town)) == before
    town.check()


def test_the_newest_entry_says_how_its_publisher_is_written(catalogue: ScriptedCatalogue) -> None:
    """While entries come and go, and when the table is made anew; a very long name is cut."""

    def named(number: int, name: str) -> Repository:
        url = f"{HOST}/soest/app{number}"
        return Repository(
            url,
            {
                "publiccode.yml": publiccode(
                    f"App{number}", url=url, organisation={"name": name, "uri": "https://x.example.org/"}
                )
            },
            id=100 + number,
        )

    shown = [named(1, "Stadt Soest"), named(2, "STADT SOEST")]
    for month, repositories in ((1, shown), (2, [named(1, "Stadt-Soest"), shown[1]])):
        catalogue.at(f"2026-0{month}-01T00:00:00.000Z")
        catalogue.crawl(*repositories)
    assert counts(catalogue) == {"stadt-soest": ("Stadt-Soest", 2, 0)}
    with catalogue.database.write() as session:
        publishers.rebuild(session)
    assert counts(catalogue) == {"stadt-soest": ("Stadt-Soest", 2, 0)}
    catalogue.crawl(named(3, "Amt " * 200))
    assert max(len(name) for name, _, _ in counts(catalogue).values()) == 500
