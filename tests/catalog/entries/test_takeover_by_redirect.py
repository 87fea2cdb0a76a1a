"""Redirects between repositories that are both known: whoever redirects to another's repository gets nothing of it and gives nothing to it."""

from __future__ import annotations

import pytest

from catalog.base.tables import RepositoryRow
from catalog.entries import store, takeover
from tests.support.scripted_crawl import HOST, Repository, Stage, publiccode
from vocabularies import concepts

APP, EVIL = f"{HOST}/town/app", "https://evil.example/x/y"


def app() -> Repository:
    return Repository(APP, {"publiccode.yml": publiccode("App", url=APP)})


def evil(**keys: object) -> Repository:
    return Repository(
        EVIL,
        {
            "publiccode.yml": publiccode("Evil", url=EVIL, landingURL="https://evil.example/"),
            "CITATION.cff": b"cff-version: 1.2.0\nmessage: x\ntitle: Evil\nauthors: [{name: Evil}]\n",
        },
    )


def redirected() -> Repository:
    """What the crawler brings when EVIL answers with a redirect to APP: APP's own files, and EVIL as an address that has led there."""
    return Repository(APP, app().files, aliases=(EVIL,))


@pytest.mark.parametrize("first", ["the redirecting one", "the other"])
def test_an_entry_whose_repository_redirects_to_anothers_takes_nothing_over(stage: Stage, first: str) -> None:
    attacker = stage.add_source("stage:evil")
    if first == "the other":
        stage.crawl(app())
    stage.crawl(evil(), source=attacker)
    stage.crawl(app())
    before = {url: (stage.entry(url).id, stage.entry(url).document) for url in (APP, EVIL)}
    summary = stage.crawl(redirected(), source=attacker)
    assert [(url, fault.code) for url, fault in summary.failures] == [(EVIL, "redirects-elsewhere")]
    assert {url: (stage.entry(url).id, stage.entry(url).document) for url in (APP, EVIL)} == before
    assert stage.states() == {APP: "listed", EVIL: "listed"}
    assert (stage.entry(APP).life, stage.entry(EVIL).life) == ("reachable", "failing")
    assert {row.solution for row in stage.records(APP)} == {stage.entry(APP).id}
    row = stage.repository(APP)
    assert row is not None
    assert (row.source, row.solution) == (stage.source, stage.entry(APP).id)
    stage.crawl(evil(), source=attacker)  # it answers by itself again
    assert (stage.name(APP), stage.name(EVIL), stage.entry(EVIL).life) == ("App", "Evil", "reachable")
    stage.check()


def test_an_address_that_only_led_to_an_entry_brings_no_documents_of_its_own_into_it(stage: Stage) -> None:
    attacker = stage.add_source("stage:evil")
    stage.crawl(app())
    before = stage.entry(APP).document
    assert not stage.crawl(redirected(), source=attacker).failures
    assert stage.entry(EVIL).id == stage.entry(APP).id
    assert [fault.code for _, fault in stage.crawl(evil(), source=attacker).failures] == [
        "address-taken-over"
    ]
    assert (stage.entry(APP).document, stage.records(EVIL)) == (before, [])


def test_the_same_if_the_entry_was_met_by_the_redirect_first(stage: Stage) -> None:
    attacker = stage.add_source("stage:evil")
    stage.crawl(redirected(), source=attacker)
    before = stage.entry(APP).document
    assert [fault.code for _, fault in stage.crawl(evil(), source=attacker).failures] == [
        "address-taken-over"
    ]
    assert (stage.entry(APP).document, stage.records(EVIL)) == (before, [])


def test_who_redirects_to_a_repository_does_not_become_its_source(stage: Stage) -> None:
    project = min(concepts.scheme("project").concepts)
    funded, stranger = (
        stage.add_source("stage:funded", project=project),
        stage.add_source("stage:evil", state="pending"),
    )
    stage.crawl(app(), source=funded)
    stage.crawl(redirected(), source=stranger)
    assert store.solution_of(stage.entry(APP)).programme == (project,)
    row = stage.repository(APP)
    assert row is not None
    assert row.source == funded


def test_an_operator_may_say_that_an_address_without_a_number_is_the_same_again(stage: Stage) -> None:
    moved = Repository(EVIL, app().files, aliases=(APP,))
    stage.crawl(app())
    stage.crawl(moved)
    assert stage.entry(EVIL).repository == EVIL
    assert [fault.code for _, fault in stage.crawl(app()).failures] == ["address-taken-over"]
    with stage.database.write() as session:
        assert session.get(RepositoryRow, APP) is not None
        takeover.keep_on(session, APP, account="anna")
    assert not stage.crawl(app()).failures
    stage.check()
