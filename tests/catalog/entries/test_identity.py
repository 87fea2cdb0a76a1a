"""Who is who.

One repository is one solution, whatever it is called, in whatever order it is met; nobody takes over what is
another's.
"""

from __future__ import annotations

import itertools
import threading
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.base import clock, ids
from catalog.base.database import Database
from catalog.base.settings import Settings
from catalog.base.tables import AliasRow, ChangeRow, SolutionRow
from catalog.entries import copies, identity, minting, publishing, store
from catalog.harvesting import seed
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode
from vocabularies import concepts, reading
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution

APP, FORK, THIRD = f"{HOST}/town/app", f"{HOST}/other/app", f"{HOST}/third/app"
SAME = publiccode("App", url=APP)


def app(**keys: Any) -> Repository:
    return Repository(APP, {"publiccode.yml": SAME}, **{"id": 7, **keys})


def fork(**keys: Any) -> Repository:
    """The same file, so that it names the original's address."""
    return Repository(FORK, {"publiccode.yml": SAME}, **{"id": 8, **keys})


# --- renames and several sources ------------------------------------------------------------------------


def test_a_rename_keeps_entry_documents_and_slug_and_becomes_an_alias(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    before, new = catalogue.entry(APP), f"{HOST}/town/renamed"
    catalogue.crawl(Repository(new, {"publiccode.yml": SAME}, id=7, aliases=(APP,)))
    assert len(catalogue.solutions()) == 1
    after = catalogue.entry(new)
    assert (after.id, after.slug, after.repository, after.state) == (before.id, before.slug, new, "listed")
    assert {APP, new, "code.example.org#7"} <= catalogue.aliases(after.id)
    assert not catalogue.records(APP)
    assert catalogue.repository(APP) is None
    catalogue.check()


def test_two_sources_with_the_same_repository_make_one_entry(catalogue: ScriptedCatalogue) -> None:
    second = catalogue.add_source("scripted:two")
    catalogue.crawl(app())
    catalogue.crawl(
        Repository(APP, {"publiccode.yml": SAME}), source=second
    )  # as bare Git, without the forge's number
    catalogue.crawl(app())
    assert len(catalogue.solutions()) == 1
    catalogue.check()


def test_the_programme_of_a_source_is_the_entrys(catalogue: ScriptedCatalogue) -> None:
    project = min(concepts.scheme("project").concepts)
    catalogue.crawl(app(), source=catalogue.add_source("scripted:funded", project=project))
    assert store.solution_of(catalogue.entry(APP)).programme == (project,)


# --- an address that somebody else has taken (docs/security.md, "address taken over") -------------------


def test_another_repository_at_a_known_address_takes_nothing_over(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    evil = Repository(APP, {"publiccode.yml": publiccode("Evil", url=APP)}, id=666)
    summary = catalogue.crawl(evil)
    assert [fault.code for _, fault in summary.failures] == ["address-taken-over"]
    entry = catalogue.entry(APP)
    assert (entry.name, entry.state, entry.life) == ("App", "listed", "failing")
    assert "address-taken-over" in entry.life_reason
    assert "code.example.org#666" not in catalogue.aliases(entry.id)
    assert catalogue.head() == 1
    catalogue.crawl(app())  # the true one is back
    assert (catalogue.name(APP), catalogue.entry(APP).life) == ("App", "reachable")


def test_the_known_number_of_another_takes_nothing_over_where_no_number_was_read(
    catalogue: ScriptedCatalogue,
) -> None:
    catalogue.crawl(app(id=0), fork())
    before = catalogue.entry(APP).id
    assert catalogue.crawl(Repository(APP, {"publiccode.yml": publiccode("Anew", url=APP)}, id=8)).failed == 1
    assert (catalogue.entry(APP).id, catalogue.name(APP)) == (before, "App")


def test_a_stranger_at_the_old_address_of_a_renamed_one_takes_nothing_over(
    catalogue: ScriptedCatalogue,
) -> None:
    new = f"{HOST}/town/renamed"
    catalogue.crawl(app())
    catalogue.crawl(Repository(new, {"publiccode.yml": SAME}, id=7, aliases=(APP,)))
    moved = Repository(new, {"publiccode.yml": SAME}, id=7)
    catalogue.crawl(moved, Repository(APP, {"publiccode.yml": publiccode("Evil", url=APP)}, id=666))
    assert [row.name for row in catalogue.solutions()] == ["App"]
    assert (catalogue.entry(new).life, catalogue.entry(new).repository) == ("reachable", new)


def test_a_repository_renamed_onto_anothers_address_takes_nothing_over(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(), Repository(THIRD, {"publiccode.yml": publiccode("Third", url=THIRD)}, id=9))
    catalogue.crawl(
        Repository(APP, {"publiccode.yml": publiccode("Third", url=THIRD)}, id=9, aliases=(THIRD,))
    )
    assert catalogue.name(APP) == "App"
    assert catalogue.name(THIRD) == "Third"


def test_a_second_repository_of_a_curated_entry_is_no_stranger(catalogue: ScriptedCatalogue) -> None:
    curated(catalogue, Solution(name={"": "App"}, repository=APP, aliases=(THIRD,), licence="MIT"))
    catalogue.crawl(
        app(),
        Repository(THIRD, {"README.md": b"# Third\n\nThe second half of the application lies here.\n"}, id=9),
    )
    assert {catalogue.entry(APP).id} == {catalogue.entry(THIRD).id}
    assert not catalogue.crawl(app(), Repository(THIRD, {"README.md": b"# Third\n"}, id=9)).failures
    assert [fault.code for _, fault in catalogue.crawl(app(), Repository(THIRD, {}, id=99)).failures] == [
        "address-taken-over"
    ]


# --- copies ---------------------------------------------------------------------------------------------


def facts_of(how: str) -> dict[str, Any]:
    return (
        {"fork": True, "parent": {"html_url": APP}}
        if how == "parent"
        else {"mirror": True, "original_url": APP + ".git"}
    )


@pytest.mark.parametrize("how", ["parent", "mirror", "commit"])
@pytest.mark.parametrize("order", ["origin first", "copy first"])
def test_a_confirmed_copy_is_not_listed_whatever_is_met_first(
    catalogue: ScriptedCatalogue, how: str, order: str
) -> None:
    copy = fork(commit="c" * 40) if how == "commit" else fork(facts=facts_of(how))
    origin = app(commit="c" * 40)
    for one in (origin, copy) if order == "origin first" else (copy, origin):
        catalogue.crawl(one)
    assert catalogue.states() == {APP: "listed", FORK: "copy"}
    assert catalogue.entry(FORK).copy_of == catalogue.entry(APP).id
    catalogue.check()
    catalogue.crawl(
        Repository(
            FORK,
            {"publiccode.yml": SAME},
            id=8,
            commit="d" * 40,
            facts=facts_of(how) if how != "commit" else {},
        )
    )
    assert catalogue.states()[FORK] == "copy", "a mirror that lags behind is no entry of its own"


def test_case_means_nothing_in_a_parent_on_a_host_that_ignores_it(catalogue: ScriptedCatalogue) -> None:
    original = "https://github.com/town/app"
    same = publiccode("App", url=original)
    catalogue.crawl(
        Repository(original, {"publiccode.yml": same}),
        Repository(
            FORK,
            {"publiccode.yml": same, "README.md": b"# Fork\n"},
            id=8,
            facts={"parent": {"html_url": "https://github.com/Town/App"}},
        ),
    )
    assert catalogue.states() == {original: "listed", FORK: "copy"}


def test_an_unconfirmed_claim_stays_listed_under_its_own_address(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(), fork())
    assert catalogue.states() == {APP: "listed", FORK: "listed"}
    assert (catalogue.entry(FORK).claims, catalogue.entry(APP).claims) == (APP, "")
    assert store.solution_of(catalogue.entry(FORK)).repository == FORK


def test_a_derived_work_is_an_entry_of_its_own(catalogue: ScriptedCatalogue) -> None:
    derived = publiccode("App of the other town", url=APP, isBasedOn=[APP])
    catalogue.crawl(app(), Repository(FORK, {"publiccode.yml": derived}, id=8, facts=facts_of("parent")))
    assert catalogue.states() == {APP: "listed", FORK: "listed"}
    assert store.solution_of(catalogue.entry(FORK)).derived_from == (APP,)


@pytest.mark.parametrize(
    "url", [APP + ".git", APP + "/", APP.replace("https", "http"), APP + "/src/branch/main"]
)
def test_the_own_address_in_another_spelling_is_no_claim(catalogue: ScriptedCatalogue, url: str) -> None:
    catalogue.crawl(Repository(APP, {"publiccode.yml": publiccode("App", url=url)}, id=7))
    assert catalogue.entry(APP).claims == ""
    assert store.solution_of(catalogue.entry(APP)).repository == APP


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_copies_in_a_circle_each_stand_alone(catalogue: ScriptedCatalogue, order: tuple[int, ...]) -> None:
    urls = [APP, FORK, THIRD]
    ring = [
        Repository(
            url,
            {"publiccode.yml": publiccode("App", url=urls[(number + 1) % 3])},
            id=7 + number,
            facts={"fork": True, "parent": {"html_url": urls[(number + 1) % 3]}},
        )
        for number, url in enumerate(urls)
    ]
    for _ in range(2):
        for number in order:
            catalogue.crawl(ring[number])
    assert catalogue.states() == dict.fromkeys(urls, "listed")
    catalogue.check()
    for number, url in enumerate(urls):
        corners = [*urls[number:], *urls[:number], url]
        assert remarks(catalogue, url) == [("circle", {"path": " → ".join(corners)})]
    catalogue.crawl(app())  # whose address is its own now
    assert [remarks(catalogue, url) for url in urls] == [[], [], []]


def remarks(catalogue: ScriptedCatalogue, url: str) -> list[tuple[str, dict[str, str]]]:
    """What the pages say of a publiccode.yml as a copy."""
    with catalogue.database.read() as session:
        row = store.get(session, id=catalogue.entry(url).id)
        shown = copies.remarked(session, row, store.records(session, row.id))
    files = [item for item in shown if item.format == "publiccode"]
    problems = chain.from_iterable(item.reading.problems for item in files)
    return [(problem.code, problem.values) for problem in problems if problem.code == "circle"]


def test_a_chain_of_copies_is_no_circle(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(fork(), Repository(APP, {"publiccode.yml": publiccode("App", url=THIRD)}, id=7))
    catalogue.crawl(
        Repository(THIRD, {"publiccode.yml": publiccode("App", url=APP)}, id=9)
    )  # a circle of two, and one that leads into it
    assert remarks(catalogue, FORK) == []
    assert len(remarks(catalogue, APP)) == len(remarks(catalogue, THIRD)) == 1


def test_a_copy_of_what_is_not_listed_stands_for_itself(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(
        Repository(
            APP, {"README.md": b"# App\n\nHere is no metadata, but a paragraph that says something.\n"}, id=7
        ),
        fork(facts=facts_of("parent")),
    )
    assert catalogue.states() == {APP: "draft", FORK: "listed"}
    catalogue.crawl(app())
    assert catalogue.states() == {APP: "listed", FORK: "copy"}
    catalogue.crawl(Repository(APP, {}, id=7))
    assert catalogue.states() == {APP: "draft", FORK: "listed"}
    catalogue.check()


def test_a_copy_does_not_bring_back_what_was_withdrawn(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(), fork(facts=facts_of("parent")))
    with catalogue.database.write() as session:
        publishing.withdraw(session, catalogue.entry(APP).id, reason="r", settings=catalogue.settings)
    catalogue.crawl(app(), fork(facts=facts_of("parent")))
    assert catalogue.states() == {APP: "withdrawn", FORK: "copy"}


# --- curated entries ------------------------------------------------------------------------------------


def curated(catalogue: ScriptedCatalogue, solution: Solution, *, repository: str = "") -> str:
    with catalogue.database.write() as session:
        repository = repository or solution.repository
        number = minting.solution_for(session, repository, solution.aliases, name=solution.name[""])
        said = Reading(format="curated", solution=solution)
        incoming = store.Incoming(
            repository,
            "curated",
            "",
            uri="",
            commit="",
            content=msgspec.json.encode(solution),
            fetched=clock.moment(clock.now()),
            reading=said,
            reader=reading.version(),
        )
        store.put(session, number, [incoming])
        publishing.publish(session, number, settings=catalogue.settings)
        return number


def test_a_curated_entry_gives_way_to_the_repositorys_own_file(catalogue: ScriptedCatalogue) -> None:
    curated(catalogue, Solution(name={"": "As we heard"}, repository=APP, licence="MIT", as_of="2026-01"))
    slug = catalogue.entry(APP).slug
    catalogue.crawl(
        Repository(APP, {"README.md": b"# App\n\nA paragraph that is long enough to say something.\n"}, id=7)
    )
    assert (catalogue.name(APP), catalogue.states()[APP]) == ("As we heard", "listed")
    catalogue.crawl(app())
    entry = catalogue.entry(APP)
    assert (entry.name, entry.state, entry.slug) == ("App", "listed", slug)
    assert [row.format for row in catalogue.records(APP)].count("curated") == 0
    assert store.solution_of(entry).as_of == ""
    catalogue.check()


def test_a_curated_entry_without_repository_is_listed_but_not_in_the_feed(
    catalogue: ScriptedCatalogue,
) -> None:
    number = curated(
        catalogue,
        Solution(name={"": "Openware"}, licence="MIT", aliases=(APP,)),
        repository=identity.unlocated("openware"),
    )
    (entry,) = catalogue.solutions("listed")
    assert entry.id == number
    assert store.solution_of(entry).repository == ""
    assert not catalogue.in_feed(APP)
    catalogue.check()
    catalogue.crawl(app())  # its repository is found at last
    entry = catalogue.entry(APP)
    assert (entry.id, entry.name, entry.repository, catalogue.in_feed(APP)) == (number, "App", APP, True)
    assert not catalogue.records(identity.unlocated("openware"))
    catalogue.check()


def test_the_whole_seed_is_sound(catalogue: ScriptedCatalogue, settings: Settings) -> None:
    added, sources = seed.load(catalogue.database, settings)
    assert added > 50
    assert sources > 40
    assert seed.load(catalogue.database, settings) == (0, 0)
    assert len(catalogue.solutions("listed")) == added
    with catalogue.database.read() as session:
        fed = session.scalars(select(ChangeRow.subject).where(ChangeRow.in_feed)).all()
    subjects = {ids.solution(settings.base_url, row): row for row in catalogue.solutions()}
    assert fed
    assert all("://" in store.solution_of(subjects[subject]).repository for subject in fed)
    catalogue.check()


# --- several processes at once --------------------------------------------------------------------------


def test_many_who_meet_the_same_repository_mint_one_entry(catalogue: ScriptedCatalogue) -> None:
    found: list[str] = []
    barrier = threading.Barrier(6)

    def meet(number: int) -> None:
        barrier.wait()
        with catalogue.database.write() as session:
            found.append(minting.solution_for(session, APP, (f"code.example.org#{7}",), name="Equal"))

    threads = [threading.Thread(target=meet, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(catalogue.solutions()) == 1


def test_of_several_owners_ours_comes_first_then_the_oldest(database: Database, settings: Settings) -> None:
    with database.write() as session:
        for id_, origin in (("01A", "https://there.example.org"), ("01C", ""), ("01B", "")):
            row = SolutionRow(id=id_, origin=origin, slug=id_, state="listed", created="", modified="")
            session.add(row)
            session.flush()
            identity.claim(session, id_, [f"https://x.example.org/{id_}", ""], origin=origin)
            identity.claim(session, id_, ["https://x.example.org/01A"])
        wanted = [f"https://x.example.org/{id_}" for id_ in ("01A", "01B", "01C")]
        assert identity.owners(session, wanted) == ["01B", "01C", "01A"]
        assert identity.owners(session, ["", wanted[0]]) == ["01A"], "what somebody owns stays where it is"
        assert identity.owners(session, [""]) == []
        identity.claim(session, "01B", ["", "x" * 700, "y" * 701])
        named = set(session.scalars(select(AliasRow.alias).where(AliasRow.solution == "01B")))
        assert named == {wanted[1], "x" * 700}, "what is empty or too long is no alias"


def test_a_repository_belongs_to_who_owns_its_address_then_its_number_then_an_old_address(
    database: Database,
) -> None:
    with database.write() as session:
        old, numbered, here = (
            minting.solution_for(session, url, aliases)
            for url, aliases in ((f"{APP}-old", ()), (f"{APP}-2", ("x.example.org#7",)), (APP, ()))
        )
        assert len({old, numbered, here}) == 3
        both = (f"{APP}-old", "x.example.org#7")
        assert minting.solution_for(session, APP, both) == here
        assert minting.solution_for(session, f"{APP}-new", both) == numbered
        assert minting.solution_for(session, f"{APP}-newer", (f"{APP}-old",)) == old


def test_copies_published_from_two_sides_do_not_wait_in_a_circle(catalogue: ScriptedCatalogue) -> None:
    """Each locks its own row and then the other's.

    Only the lock at the end of the log, taken first, keeps them apart.
    """
    catalogue.crawl(app(), fork())
    ids = [catalogue.entry(APP).id, catalogue.entry(FORK).id]
    faults: list[BaseException] = []

    def publish(order: list[str]) -> None:
        try:
            for _ in range(15):
                with catalogue.database.write() as session:
                    for number in order:
                        publishing.publish(session, number, settings=catalogue.settings)
        except BaseException as error:  # the thread's fault is the test's
            faults.append(error)

    threads = [threading.Thread(target=publish, args=(order,)) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


# --- small things ---------------------------------------------------------------------------------------


@given(st.text(max_size=120))
def test_a_slug_is_plain(text: str) -> None:
    slug = ids.slugify(text)
    assert 1 <= len(slug) <= 80
    assert slug == ids.slugify(slug)
    assert all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in slug)


@given(st.lists(st.integers(0, 2**48 - 1), min_size=2, max_size=5, unique=True))
def test_ulids_sort_by_time(moments: list[int]) -> None:
    made = {moment: ids.ulid(moment) for moment in moments}
    assert sorted(made, key=lambda moment: made[moment]) == sorted(moments)
    assert all(len(ulid) == 26 for ulid in made.values())


def test_organisations_in_other_scripts_are_told_apart() -> None:
    base = "https://a.example"
    assert ids.organisation(base, "東京都") != ids.organisation(base, "大阪市")
    assert ids.organisation(base, "Stadt Köln") == "https://a.example/id/org/stadt-koeln"
