"""Slugs are told apart by owner and host, given once and kept, and the same in any order of reading."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from catalog.base import clock
from catalog.base.tables import SolutionRow
from catalog.entries import minting, slugs, store
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode

PLACES = (
    f"{HOST}/soest/strasse",
    f"{HOST}/bochum/strasse",
    "https://git.example.org/bochum/s",
    f"{HOST}/ahlen/a/s",
)


def street(url: str, name: str = "Straße") -> Repository:
    return Repository(url, {"publiccode.yml": publiccode(name, url=url)}, id=zlib.crc32(url.encode()))


def given(catalogue: ScriptedCatalogue) -> dict[str, str]:
    return {row.repository: row.slug for row in catalogue.solutions()}


def settle(catalogue: ScriptedCatalogue) -> None:
    """Some time goes by."""
    with catalogue.database.write() as session:
        for row in session.scalars(select(SolutionRow)):
            row.created = clock.later(row.created, minutes=-slugs.SETTLED_MINUTES - 1)


@pytest.mark.parametrize("order", list(itertools.permutations(PLACES))[::4])
def test_slugs_do_not_depend_on_who_is_read_first(catalogue: ScriptedCatalogue, order: Sequence[str]) -> None:
    for url in order:
        catalogue.crawl(street(url))
    assert given(catalogue) == {
        f"{HOST}/ahlen/a/s": "strasse",
        f"{HOST}/bochum/strasse": "strasse-bochum",
        f"{HOST}/soest/strasse": "strasse-soest",
        "https://git.example.org/bochum/s": "strasse-bochum-git-example-org",
    }
    catalogue.check()


@pytest.mark.parametrize("order", ["original first", "copy first"])
def test_a_copy_takes_no_slug_from_its_original(catalogue: ScriptedCatalogue, order: str) -> None:
    """Though its address comes first, and whichever is read first."""
    original, fork = street(f"{HOST}/zwickau/s"), street(f"{HOST}/aachen/s")
    content = {"publiccode.yml": publiccode("Straße", url=original.url)}
    fork = Repository(fork.url, content, id=9, facts={"fork": True, "parent": {"html_url": original.url}})
    both = (original, fork) if order == "original first" else (fork, original)
    for one in both:
        catalogue.crawl(one)
    if order == "original first":  # else it is known at the next visit
        assert given(catalogue) == {original.url: "strasse", fork.url: "strasse-aachen"}
    catalogue.crawl(*both)
    assert given(catalogue) == {original.url: "strasse", fork.url: "strasse-aachen"}
    assert [row.repository for row in catalogue.solutions("copy")] == [fork.url]
    catalogue.check()


def test_a_copy_keeps_a_slug_that_its_original_does_not_want(catalogue: ScriptedCatalogue) -> None:
    original = street(f"{HOST}/aachen/s")
    content = {"publiccode.yml": publiccode("Straße", url=original.url)}
    facts = {"fork": True, "parent": {"html_url": original.url}}
    fork = Repository(f"{HOST}/zwickau/s", content, id=9, facts=facts)
    catalogue.crawl(original)
    catalogue.crawl(original, fork)
    assert given(catalogue) == {original.url: "strasse", fork.url: "strasse-zwickau"}


def test_an_original_without_a_name_is_given_the_slug_of_the_copys_name(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(street(f"{HOST}/aachen/s"), street(f"{HOST}/zwickau/s"))
    assert given(catalogue) == {f"{HOST}/aachen/s": "strasse", f"{HOST}/zwickau/s": "strasse-zwickau"}
    with catalogue.database.write() as session:
        rows = {row.repository: row for row in session.scalars(select(SolutionRow))}
        copy = rows[f"{HOST}/aachen/s"]
        original = rows[f"{HOST}/zwickau/s"]
        copy.copy_of = original.id
        original.name = ""
        slugs.give_slug_to_original(session, copy, original, name="Straße")
        assert (copy.slug, original.slug) == ("strasse-aachen", "strasse")
        session.rollback()


def test_what_moves_is_published_under_its_new_address(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(street(PLACES[0]))
    before = catalogue.payload(PLACES[0])
    assert b"/solutions/strasse>" in before
    catalogue.crawl(street(PLACES[1]))
    assert b"/solutions/strasse-soest>" in catalogue.payload(PLACES[0])
    assert b"/solutions/strasse>" in catalogue.payload(PLACES[1])
    catalogue.check()


def test_nobody_loses_a_slug_that_was_there_for_a_while(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(street(PLACES[0]))
    settle(catalogue)
    catalogue.crawl(street(PLACES[1]))
    assert given(catalogue) == {PLACES[0]: "strasse", PLACES[1]: "strasse-bochum"}
    catalogue.crawl(street(PLACES[1], "Anders"))
    assert given(catalogue)[PLACES[1]] == "strasse-bochum", "a new name is no new address"


def test_names_of_which_nothing_is_left_are_told_apart_too(catalogue: ScriptedCatalogue) -> None:
    """Two owners whose names are written in no Latin letter, on one host."""
    urls = [f"{HOST}/{owner}/x" for owner in ("%D0%B0", "%D0%B1")]
    for url in urls:
        catalogue.crawl(street(url, "!!!"))
    assert len(set(given(catalogue).values())) == 2
    catalogue.check()


@pytest.mark.parametrize(
    ("repository", "wanted"),
    [("", ["app"]), ("https://x.example.org/app", ["app"]), ("town/app", ["app"])],
)
def test_without_owner_or_host_there_is_one_choice(repository: str, wanted: list[str]) -> None:
    assert list(slugs.choices("App", repository)) == wanted


def test_an_entry_that_nobody_published_yet_makes_room_too(catalogue: ScriptedCatalogue) -> None:
    with catalogue.database.write() as session:
        later, first = (minting.solution_for(session, url, name="Straße") for url in PLACES[:2])
        assert store.get(session, id=first).slug == "strasse"
        assert store.get(session, id=later).slug == "strasse-soest"
        assert slugs.displaced(session) == [later]
        assert slugs.displaced(session) == []


def test_however_many_numbers_are_taken_one_is_free(catalogue: ScriptedCatalogue) -> None:
    with catalogue.database.write() as session:
        given = [
            minting.solution_for(session, f"https://x.example.org/{number:03}", name="App")
            for number in range(70)
        ]
        assert [store.get(session, id=id_).slug for id_ in given] == [
            "app",
            *(f"app-{number}" for number in range(2, 71)),
        ]
