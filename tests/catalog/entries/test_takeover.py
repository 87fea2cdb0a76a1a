"""An address at which another repository stands now waits for an operator.

Who says whether it is the same software or another.
"""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from catalog.base.errors import BadForm
from catalog.base.tables import AliasRow, AuditRow, RepositoryRow, SolutionRow
from catalog.entries import identity, publishing, takeover
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode

APP, THIRD = f"{HOST}/town/app", f"{HOST}/third/app"


def app(name: str = "App", number: int = 7, url: str = APP, *, aliases: tuple[str, ...] = ()) -> Repository:
    return Repository(url, {"publiccode.yml": publiccode(name, url=url)}, id=number, aliases=aliases)


def keep(catalogue: ScriptedCatalogue, url: str = APP) -> None:
    with catalogue.database.write() as session:
        takeover.keep_on(session, url, account="anna")


def let_go(catalogue: ScriptedCatalogue, url: str = APP, reason: str = "Taken over") -> None:
    with catalogue.database.write() as session:
        takeover.let_go(session, url, reason=reason, account="anna", settings=catalogue.settings)


def undecided(catalogue: ScriptedCatalogue, entry: str = "") -> list[tuple[str, tuple[str, ...], bool]]:
    with catalogue.database.read() as session:
        return [(one.url, one.numbers, one.leads) for one in takeover.all_of(session, entry=entry)]


def audit(catalogue: ScriptedCatalogue) -> list[tuple[str, str, str, str]]:
    with catalogue.database.read() as session:
        return [
            (row.account, row.action, row.subject, row.note)
            for row in session.scalars(select(AuditRow).order_by(AuditRow.id))
        ]


@pytest.fixture
def replaced(catalogue: ScriptedCatalogue) -> ScriptedCatalogue:
    """The address of an entry, at which a repository with another number stands."""
    catalogue.crawl(app())
    assert undecided(catalogue) == []
    assert catalogue.crawl(app("Anew", 8)).failed == 1
    return catalogue


def test_an_address_that_an_earlier_version_left_alone_still_waits(replaced: ScriptedCatalogue) -> None:
    with replaced.database.write() as session:
        row = session.get(RepositoryRow, APP)
        assert row is not None
        row.error = row.error.replace('"address-taken-over"', '"replaced"')
        assert row.error.startswith('{"code":"replaced","values":')
    assert undecided(replaced) == [(APP, ("code.example.org#8",), True)]
    with replaced.database.write() as session:
        assert takeover.find(session, APP).numbers == ("code.example.org#8",)


def test_it_waits_with_the_new_number(replaced: ScriptedCatalogue) -> None:
    entry = replaced.entry(APP)
    assert undecided(replaced) == undecided(replaced, entry.id) == [(APP, ("code.example.org#8",), True)]
    assert undecided(replaced, "another") == []
    assert replaced.crawl(app("Anew", 8)).failed == 1, "until somebody decides"
    replaced.crawl(app())
    assert undecided(replaced) == [], "the true one is back"


def test_the_same_software_goes_on_under_its_entry(replaced: ScriptedCatalogue) -> None:
    before = replaced.entry(APP)
    keep(replaced)
    assert undecided(replaced) == []
    summary = replaced.crawl(app("Anew", 8))
    assert (summary.failed, summary.changed) == (0, 1)
    after = replaced.entry(APP)
    assert (after.id, after.slug, after.name, after.life) == (before.id, before.slug, "Anew", "reachable")
    assert audit(replaced) == [("anna", "release-same", APP, "")]
    assert replaced.crawl(app("Third", 9)).failed == 1, "the decision was about this one repository"
    replaced.check()


def test_what_is_decided_of_an_address_decides_whose_it_is(replaced: ScriptedCatalogue) -> None:
    """The same software stays with its entry; of other software nothing is known yet."""
    entry = replaced.entry(APP).id
    keep(replaced)
    there = replaced.repository(APP)
    assert there is not None
    assert (there.solution, there.error, there.failing_since, there.failures) == (entry, "", "", 0)
    assert replaced.crawl(app("Third", 9)).failed == 1
    let_go(replaced)
    there = replaced.repository(APP)
    assert there is not None
    assert there.solution == ""
    assert not {APP, identity.former(APP)} & replaced.aliases(entry)


def test_an_address_that_an_entry_left_is_forgotten_when_it_is_given_up(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    catalogue.crawl(app(url=THIRD, aliases=(APP,)))
    entry = catalogue.entry(THIRD).id
    assert identity.former(APP) in catalogue.aliases(entry)
    assert catalogue.crawl(app("Anew", 8)).failed == 1
    let_go(catalogue)
    assert not {APP, identity.former(APP)} & catalogue.aliases(entry)
    assert catalogue.entry(THIRD).state == "listed"


def test_an_address_that_belongs_to_no_entry_any_more_waits_for_nobody(replaced: ScriptedCatalogue) -> None:
    with replaced.database.write() as session:
        session.execute(delete(AliasRow).where(AliasRow.alias == APP))
    for decide in (keep, let_go):
        with pytest.raises(BadForm) as refused:
            decide(replaced)
        assert refused.value.fault.code == "not-taken-over"


def test_who_owns_the_repository_already_is_named(replaced: ScriptedCatalogue) -> None:
    replaced.crawl(app("Third", 8, url=THIRD))
    with pytest.raises(BadForm) as refused:
        keep(replaced)
    assert (refused.value.fault.code, refused.value.fault.values) == ("owned-already", {"name": "Third"})


def test_what_was_withdrawn_before_keeps_its_reason(replaced: ScriptedCatalogue) -> None:
    with replaced.database.write() as session:
        publishing.withdraw(session, replaced.entry(APP).id, reason="First", settings=replaced.settings)
    let_go(replaced, reason="Second")
    assert [row.life_reason for row in replaced.solutions("withdrawn")] == ["First"]


def test_without_a_number_nobody_can_say_that_it_is_the_same(replaced: ScriptedCatalogue) -> None:
    with replaced.database.write() as session:
        row = session.get_one(RepositoryRow, APP)
        row.error = row.error.replace("code.example.org#8", "")
    with pytest.raises(BadForm) as refused:
        keep(replaced)
    assert refused.value.code == "number-unknown"
    assert audit(replaced) == []


def test_other_software_gets_an_entry_of_its_own(replaced: ScriptedCatalogue) -> None:
    before = replaced.entry(APP)
    let_go(replaced)
    assert undecided(replaced) == []
    assert replaced.crawl(app("Other", 8)).new == 1
    after = replaced.entry(APP)
    assert after.id != before.id
    assert (after.name, after.state) == ("Other", "listed")
    with replaced.database.read() as session:
        old = session.get(SolutionRow, before.id)
    assert old is not None
    assert (old.state, old.name, old.life_reason) == ("withdrawn", "App", "Taken over")
    assert old.slug != after.slug
    assert audit(replaced) == [("anna", "release-other", APP, "Taken over")]
    assert replaced.crawl(app("Back", 7)).failed == 1, "the first one does not simply take the new entry over"
    replaced.check()


def test_a_stranger_at_an_old_address_leaves_the_renamed_entry_alone(catalogue: ScriptedCatalogue) -> None:
    new = f"{HOST}/town/renamed"
    catalogue.crawl(app())
    moved = app(url=new, aliases=(APP,))
    catalogue.crawl(moved)
    catalogue.crawl(app(url=new), app("Stranger", 66))
    assert undecided(catalogue) == [(APP, ("code.example.org#66",), False)]
    let_go(catalogue)
    assert catalogue.crawl(app(url=new), app("Stranger", 66)).failed == 0
    assert (catalogue.entry(new).name, catalogue.entry(new).state) == ("App", "listed")
    assert (catalogue.entry(APP).name, catalogue.entry(APP).state) == ("Stranger", "listed")
    catalogue.check()


def test_one_that_was_renamed_onto_it_keeps_its_own_entry(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(), app("Third", 9, THIRD))
    third = catalogue.entry(THIRD)
    renamed = app("Third", 9, APP, aliases=(THIRD,))
    catalogue.crawl(renamed)
    with pytest.raises(BadForm, match="belongs to the entry"):
        keep(catalogue)
    let_go(catalogue)
    assert catalogue.crawl(renamed).failed == 0
    assert catalogue.entry(APP).id == third.id
    assert catalogue.entry(APP).repository == APP
    catalogue.check()


@pytest.mark.parametrize("url", [APP, THIRD, "", "x" * 800])
def test_what_is_not_left_alone_is_not_released(catalogue: ScriptedCatalogue, url: str) -> None:
    catalogue.crawl(app())
    for decide in (keep, let_go):
        with pytest.raises(BadForm, match="not left alone"):
            decide(catalogue, url)
    assert audit(catalogue) == []
    assert catalogue.entry(APP).state == "listed"


def test_giving_up_needs_a_reason(replaced: ScriptedCatalogue) -> None:
    with pytest.raises(BadForm) as refused:
        let_go(replaced, reason="  ")
    assert refused.value.code == "reason-missing"
    assert replaced.entry(APP).state == "listed"


# --- what was registered, and is then shown by an operator's source -------------------------------------


def test_what_waits_is_listed_when_an_operators_source_shows_it(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app(), source=catalogue.add_source("scripted:registered", state="pending"))
    waiting_entry = catalogue.entry(APP)
    assert (waiting_entry.state, catalogue.head()) == ("pending", 0)
    assert (
        catalogue.crawl(app(), source=catalogue.add_source("scripted:another", state="pending")).failed == 0
    )
    assert catalogue.entry(APP).state == "pending", "another visitor's word is none"
    catalogue.crawl(app())
    entry = catalogue.entry(APP)
    assert (entry.id, entry.state, entry.accepted, catalogue.head()) == (waiting_entry.id, "listed", True, 1)
    catalogue.check()


def test_a_hidden_entry_stays_hidden_whatever_shows_it(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    with catalogue.database.write() as session:
        row = session.get(SolutionRow, catalogue.entry(APP).id)
        assert row is not None
        row.hidden = "A doubt"
    catalogue.crawl(app("Changed"))
    assert catalogue.entry(APP).state == "hidden"


def test_a_source_is_as_well_as_what_it_shows(catalogue: ScriptedCatalogue) -> None:
    """One repository that cannot be read is no source that was read."""
    from catalog.base.tables import SourceRow
    from crawlers.faults import CrawlError

    def source() -> tuple[str, str, str]:
        with catalogue.database.read() as session:
            row = session.get(SourceRow, catalogue.source)
            assert row is not None
            return row.succeeded, row.failing_since, row.error

    catalogue.crawl(Repository(APP, error=CrawlError("not-found", url=APP)))
    succeeded, failing, error = source()
    assert (succeeded, bool(failing)) == ("", True)
    assert "not-found" in error
    catalogue.crawl(Repository(THIRD, error=CrawlError("not-found", url=THIRD)), app())
    succeeded, failing, error = source()
    assert (bool(succeeded), failing, error) == (True, "", "")
