"""The two tables that are made from the entries: made anew they are what they were, kept entry by entry."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.tables import InvolvedRow, PublisherRow, SolutionRow
from catalog.entries import publishers
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, check_publishers, publiccode


def town(name: str, number: int, **keys: Any) -> Repository:
    """An application of a town, which other towns use."""
    url = f"{HOST}/{name.lower()}/app{number}"
    facts = {"owner": {"login": name.lower(), "full_name": name}}
    used = {"usedBy": ["Stadt Birkenau", f"Stadt Nummer {number}"]}
    return Repository(
        url, {"publiccode.yml": publiccode(f"App {number}", url=url, **used, **keys)}, id=number, facts=facts
    )


def tables(session: Session) -> tuple[list[Any], list[Any]]:
    """What both tables hold."""
    columns = (PublisherRow.slug, PublisherRow.name, PublisherRow.listed, PublisherRow.drafts)
    named = select(InvolvedRow.slug, InvolvedRow.role, InvolvedRow.solution)
    ordered = named.order_by(InvolvedRow.slug, InvolvedRow.role, InvolvedRow.solution)
    made = session.execute(select(*columns).order_by(PublisherRow.slug)).all()
    return list(made), list(session.execute(ordered).all())


def test_made_anew_they_are_as_they_were_kept(catalogue: ScriptedCatalogue) -> None:
    draft = Repository(f"{HOST}/erlenbach/draft", {"README.md": b"# A draft\n"}, id=30)
    catalogue.crawl(town("Erlenbach", 1), town("Erlenbach", 2), town("Birkenau", 3), draft)
    catalogue.crawl(town("Erlenbach", 1, softwareVersion="2"), Repository(f"{HOST}/birkenau/app3", {}, id=3))
    with catalogue.database.write() as session:
        states = set(session.scalars(select(SolutionRow.state)))
        kept = tables(session)
        assert publishers.rebuild(session) == 4
        made = tables(session)
        check_publishers(session)
    assert states == {"listed", "draft"}
    assert made == kept
    assert all(kept)


def test_of_a_publisher_the_newest_listed_entry_gives_the_name(catalogue: ScriptedCatalogue) -> None:
    """Not the newest of all, if that is a draft."""
    for number, (name, moment) in enumerate(
        (("Stadt Erle", "01"), ("STADT ERLE", "02"), ("stadt erle", "03"))
    ):
        catalogue.at(f"2026-03-{moment}T03:00:00.000Z")
        repository = town("Erlenbach", number + 1, legal={"license": "MIT", "repoOwner": name})
        catalogue.crawl(repository)
    with catalogue.database.write() as session:
        row = session.scalars(select(SolutionRow).where(SolutionRow.repository.endswith("app3"))).one()
        row.state = "draft"
        session.flush()
        publishers.rebuild(session)
        (publisher,) = session.scalars(select(PublisherRow).where(PublisherRow.slug == "stadt-erle"))
        assert (publisher.name, publisher.listed, publisher.drafts) == ("STADT ERLE", 2, 1)


def test_its_entries_come_page_by_page_the_drafts_last(catalogue: ScriptedCatalogue) -> None:
    drafts = [
        Repository(f"{HOST}/erlenbach/draft{number}", {"README.md": b"# D\n"}, id=30 + number)
        for number in range(3)
    ]
    catalogue.crawl(*(town("Erlenbach", number) for number in range(1, 6)), *drafts)
    with catalogue.database.read() as session:
        publisher = publishers.get(session, "erlenbach")
        assert (publisher.listed, publisher.drafts) == (5, 3)
        pages = [publishers.entries(session, publisher, number=number, size=3) for number in range(1, 5)]
    assert [[row.state for row in page] for page in pages] == [
        ["listed"] * 3,
        ["listed", "listed", "draft"],
        ["draft", "draft"],
        [],
    ]
    rows = list(chain.from_iterable(pages))
    names = [row.name for row in rows if row.state == "listed"]
    assert names == sorted(names)
    assert len({row.id for row in rows}) == 8


def test_who_uses_it_is_found_however_many_are_not_listed(
    catalogue: ScriptedCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read two at a time, of which some are hidden; no more than are wanted come, by name."""
    monkeypatch.setattr(publishers, "_USERS", 2)
    catalogue.crawl(*(town("Erlenbach", number) for number in range(1, 8)))
    with catalogue.database.write() as session:
        rows = list(session.scalars(select(SolutionRow).order_by(SolutionRow.id)))
        for row in rows[:3]:
            row.state = "hidden"
        session.flush()
        every = publishers.used_by(session, "stadt-birkenau", limit=60)
        few = publishers.used_by(session, "stadt-birkenau", limit=2)
        assert publishers.used_by(session, "nobody", limit=2) == []
    assert [row.name for row in every] == sorted(row.name for row in rows[3:])
    assert {row.id for row in few} == {row.id for row in rows[3:5]}
