"""The two tables that are made from the entries: made anew they are what they were when kept entry by entry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.tables import InvolvedRow, PublisherRow, SolutionRow
from catalog.entries import publishers
from tests.support.scripted_crawl import HOST, Repository, Stage, check_publishers, publiccode


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


def test_made_anew_they_are_as_they_were_kept(stage: Stage) -> None:
    draft = Repository(f"{HOST}/erlenbach/draft", {"README.md": b"# A draft\n"}, id=30)
    stage.crawl(town("Erlenbach", 1), town("Erlenbach", 2), town("Birkenau", 3), draft)
    stage.crawl(town("Erlenbach", 1, softwareVersion="2"), Repository(f"{HOST}/birkenau/app3", {}, id=3))
    with stage.database.write() as session:
        states = set(session.scalars(select(SolutionRow.state)))
        kept = tables(session)
        assert publishers.rebuild(session) == 4
        made = tables(session)
        check_publishers(session)
    assert states == {"listed", "draft"}
    assert made == kept
    assert all(kept)


def test_of_a_publisher_the_newest_listed_entry_gives_the_name(stage: Stage) -> None:
    """Not the newest of all, if that is a draft."""
    for number, (name, moment) in enumerate(
        (("Stadt Erle", "01"), ("STADT ERLE", "02"), ("stadt erle", "03"))
    ):
        stage.at(f"2026-03-{moment}T03:00:00.000Z")
        repository = town("Erlenbach", number + 1, legal={"license": "MIT", "repoOwner": name})
        stage.crawl(repository)
    with stage.database.write() as session:
        row = session.scalars(select(SolutionRow).where(SolutionRow.repository.endswith("app3"))).one()
        row.state = "draft"
        session.flush()
        publishers.rebuild(session)
        (publisher,) = session.scalars(select(PublisherRow).where(PublisherRow.slug == "stadt-erle"))
        assert (publisher.name, publisher.listed, publisher.drafts) == ("STADT ERLE", 2, 1)
