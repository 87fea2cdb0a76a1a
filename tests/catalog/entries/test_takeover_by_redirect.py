"""Redirects between repositories that are both known.

Whoever redirects to another's repository gets nothing of it and gives nothing to it.
"""

from __future__ import annotations

import pytest

from catalog.base.tables import RepositoryRow
from catalog.entries import store, takeover
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode
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
    """What the crawler brings when EVIL answers with a redirect to APP.

    APP's own files, and EVIL as an address that has led there.
    """
    return Repository(APP, app().files, aliases=(EVIL,))


@pytest.mark.parametrize("first", ["the redirecting one", "the other"])
def test_an_entry_whose_repository_redirects_to_anothers_takes_nothing_over(
    catalogue: ScriptedCatalogue, first: str
) -> None:
    attacker = catalogue.add_source("scripted:evil")
    if first == "the other":
        catalogue.crawl(app())
    catalogue.crawl(evil(), source=attacker)
    catalogue.crawl(app())
    before = {url: (catalogue.entry(url).id, catalogue.entry(url).document) for url in (APP, EVIL)}
    summary = catalogue.crawl(redirected(), source=attacker)
    assert [(url, fault.code) for url, fault in summary.failures] == [(EVIL, "redirects-elsewhere")]
    assert {url: (catalogue.entry(url).id, catalogue.entry(url).document) for url in (APP, EVIL)} == before
    assert catalogue.states() == {APP: "listed", EVIL: "listed"}
    assert (catalogue.entry(APP).life, catalogue.entry(EVIL).life) == ("reachable", "failing")
    assert {row.solution for row in catalogue.records(APP)} == {catalogue.entry(APP).id}
    row = catalogue.repository(APP)
    assert row is not None
    assert (row.source, row.solution) == (catalogue.source, catalogue.entry(APP).id)
    catalogue.crawl(evil(), source=attacker)  # it answers by itself again
    assert (catalogue.name(APP), catalogue.name(EVIL), catalogue.entry(EVIL).life) == (
        "App",
        "Evil",
        "reachable",
    )
    catalogue.check()


def test_an_address_that_only_led_to_an_entry_brings_no_documents_of_its_own_into_it(
    catalogue: ScriptedCatalogue,
) -> None:
    attacker = catalogue.add_source("scripted:evil")
    catalogue.crawl(app())
    before = catalogue.entry(APP).document
    assert not catalogue.crawl(redirected(), source=attacker).failures
    assert catalogue.entry(EVIL).id == catalogue.entry(APP).id
    assert [fault.code for _, fault in catalogue.crawl(evil(), source=attacker).failures] == [
        "address-taken-over"
    ]
    assert (catalogue.entry(APP).document, catalogue.records(EVIL)) == (before, [])


def test_the_same_if_the_entry_was_met_by_the_redirect_first(catalogue: ScriptedCatalogue) -> None:
    attacker = catalogue.add_source("scripted:evil")
    catalogue.crawl(redirected(), source=attacker)
    before = catalogue.entry(APP).document
    assert [fault.code for _, fault in catalogue.crawl(evil(), source=attacker).failures] == [
        "address-taken-over"
    ]
    assert (catalogue.entry(APP).document, catalogue.records(EVIL)) == (before, [])


def test_who_redirects_to_a_repository_does_not_become_its_source(catalogue: ScriptedCatalogue) -> None:
    project = min(concepts.scheme("project").concepts)
    funded, stranger = (
        catalogue.add_source("scripted:funded", project=project),
        catalogue.add_source("scripted:evil", state="pending"),
    )
    catalogue.crawl(app(), source=funded)
    catalogue.crawl(redirected(), source=stranger)
    assert store.solution_of(catalogue.entry(APP)).programme == (project,)
    row = catalogue.repository(APP)
    assert row is not None
    assert row.source == funded


def test_an_operator_may_say_that_an_address_without_a_number_is_the_same_again(
    catalogue: ScriptedCatalogue,
) -> None:
    moved = Repository(EVIL, app().files, aliases=(APP,))
    catalogue.crawl(app())
    catalogue.crawl(moved)
    assert catalogue.entry(EVIL).repository == EVIL
    assert [fault.code for _, fault in catalogue.crawl(app()).failures] == ["address-taken-over"]
    with catalogue.database.write() as session:
        assert session.get(RepositoryRow, APP) is not None
        takeover.keep_on(session, APP, account="anna")
    assert not catalogue.crawl(app()).failures
    catalogue.check()
