"""An address at which another repository stands now waits until an operator has said whether it is the same software or another."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalog.base.errors import BadForm
from catalog.base.tables import AuditRow, RepositoryRow, SolutionRow
from catalog.entries import identity, takeover
from catalog.entries.takeover import SENTENCES
from tests.support.scripted_crawl import HOST, Repository, Stage, publiccode

APP, THIRD = f"{HOST}/town/app", f"{HOST}/third/app"


def app(name: str = "App", number: int = 7, url: str = APP, aliases: tuple[str, ...] = ()) -> Repository:
    return Repository(url, {"publiccode.yml": publiccode(name, url=url)}, id=number, aliases=aliases)


def keep(stage: Stage, url: str = APP) -> None:
    with stage.database.write() as session:
        takeover.keep_on(session, url, account="anna")


def let_go(stage: Stage, url: str = APP, reason: str = "Taken over") -> None:
    with stage.database.write() as session:
        takeover.let_go(session, url, reason=reason, account="anna", settings=stage.settings)


def waiting(stage: Stage, entry: str = "") -> list[tuple[str, tuple[str, ...], bool]]:
    with stage.database.read() as session:
        return [(one.url, one.numbers, one.leads) for one in takeover.all_of(session, entry=entry)]


def audit(stage: Stage) -> list[tuple[str, str, str, str]]:
    with stage.database.read() as session:
        return [
            (row.account, row.action, row.subject, row.note)
            for row in session.scalars(select(AuditRow).order_by(AuditRow.id))
        ]


@pytest.fixture
def replaced(stage: Stage) -> Stage:
    """The address of an entry, at which a repository with another number stands."""
    stage.crawl(app())
    assert waiting(stage) == []
    assert stage.crawl(app("Anew", 8)).failed == 1
    return stage


def test_an_address_that_an_earlier_version_left_alone_still_waits(replaced: Stage) -> None:
    with replaced.database.write() as session:
        row = session.get(RepositoryRow, APP)
        assert row is not None
        row.error = row.error.replace('"address-taken-over"', '"replaced"')
        assert row.error.startswith('{"code":"replaced","values":')
    assert waiting(replaced) == [(APP, ("code.example.org#8",), True)]
    with replaced.database.write() as session:
        assert takeover.find(session, APP).numbers == ("code.example.org#8",)


def test_it_waits_with_the_new_number(replaced: Stage) -> None:
    entry = replaced.entry(APP)
    assert waiting(replaced) == waiting(replaced, entry.id) == [(APP, ("code.example.org#8",), True)]
    assert waiting(replaced, "another") == []
    assert replaced.crawl(app("Anew", 8)).failed == 1, "until somebody decides"
    replaced.crawl(app())
    assert waiting(replaced) == [], "the true one is back"


def test_the_same_software_goes_on_under_its_entry(replaced: Stage) -> None:
    before = replaced.entry(APP)
    keep(replaced)
    assert waiting(replaced) == []
    summary = replaced.crawl(app("Anew", 8))
    assert (summary.failed, summary.changed) == (0, 1)
    after = replaced.entry(APP)
    assert (after.id, after.slug, after.name, after.life) == (before.id, before.slug, "Anew", "reachable")
    assert audit(replaced) == [("anna", "release-same", APP, "")]
    assert replaced.crawl(app("Third", 9)).failed == 1, "the decision was about this one repository"
    replaced.check()


def test_what_is_decided_of_an_address_decides_whose_it_is(replaced: Stage) -> None:
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
    assert not {APP, identity.FORMER + APP} & replaced.aliases(entry)


def test_an_address_that_an_entry_left_is_forgotten_when_it_is_given_up(stage: Stage) -> None:
    stage.crawl(app())
    stage.crawl(app(url=THIRD, aliases=(APP,)))
    entry = stage.entry(THIRD).id
    assert identity.FORMER + APP in stage.aliases(entry)
    assert stage.crawl(app("Anew", 8)).failed == 1
    let_go(stage)
    assert not {APP, identity.FORMER + APP} & stage.aliases(entry)
    assert stage.entry(THIRD).state == "listed"


def test_without_a_number_nobody_can_say_that_it_is_the_same(replaced: Stage) -> None:
    with replaced.database.write() as session:
        row = session.get_one(RepositoryRow, APP)
        row.error = row.error.replace("code.example.org#8", "")
    with pytest.raises(BadForm) as refused:
        keep(replaced)
    assert refused.value.values["reason"] == SENTENCES["unknown-number"]
    assert audit(replaced) == []


def test_other_software_gets_an_entry_of_its_own(replaced: Stage) -> None:
    before = replaced.entry(APP)
    let_go(replaced)
    assert waiting(replaced) == []
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


def test_a_stranger_at_an_old_address_leaves_the_renamed_entry_alone(stage: Stage) -> None:
    new = f"{HOST}/town/renamed"
    stage.crawl(app())
    moved = app(url=new, aliases=(APP,))
    stage.crawl(moved)
    stage.crawl(app(url=new), app("Stranger", 66))
    assert waiting(stage) == [(APP, ("code.example.org#66",), False)]
    let_go(stage)
    assert stage.crawl(app(url=new), app("Stranger", 66)).failed == 0
    assert (stage.entry(new).name, stage.entry(new).state) == ("App", "listed")
    assert (stage.entry(APP).name, stage.entry(APP).state) == ("Stranger", "listed")
    stage.check()


def test_one_that_was_renamed_onto_it_keeps_its_own_entry(stage: Stage) -> None:
    stage.crawl(app(), app("Third", 9, THIRD))
    third = stage.entry(THIRD)
    renamed = app("Third", 9, APP, aliases=(THIRD,))
    stage.crawl(renamed)
    with pytest.raises(BadForm, match="belongs to the entry"):
        keep(stage)
    let_go(stage)
    assert stage.crawl(renamed).failed == 0
    assert stage.entry(APP).id == third.id
    assert stage.entry(APP).repository == APP
    stage.check()


@pytest.mark.parametrize("url", [APP, THIRD, "", "x" * 800])
def test_what_is_not_left_alone_is_not_released(stage: Stage, url: str) -> None:
    stage.crawl(app())
    for decide in (keep, let_go):
        with pytest.raises(BadForm, match="not left alone"):
            decide(stage, url)
    assert audit(stage) == []
    assert stage.entry(APP).state == "listed"


def test_giving_up_needs_a_reason(replaced: Stage) -> None:
    with pytest.raises(BadForm) as refused:
        let_go(replaced, reason="  ")
    assert refused.value.values["reason"] == SENTENCES["reason"]
    assert replaced.entry(APP).state == "listed"


# --- what was registered, and is then shown by an operator's source --------------------------------------------------------------------


def test_what_waits_is_listed_when_an_operators_source_shows_it(stage: Stage) -> None:
    stage.crawl(app(), source=stage.add_source("stage:registered", state="pending"))
    waiting_entry = stage.entry(APP)
    assert (waiting_entry.state, stage.head()) == ("pending", 0)
    assert stage.crawl(app(), source=stage.add_source("stage:another", state="pending")).failed == 0
    assert stage.entry(APP).state == "pending", "another visitor's word is none"
    stage.crawl(app())
    entry = stage.entry(APP)
    assert (entry.id, entry.state, entry.accepted, stage.head()) == (waiting_entry.id, "listed", True, 1)
    stage.check()


def test_a_hidden_entry_stays_hidden_whatever_shows_it(stage: Stage) -> None:
    stage.crawl(app())
    with stage.database.write() as session:
        row = session.get(SolutionRow, stage.entry(APP).id)
        assert row is not None
        row.hidden = "A doubt"
    stage.crawl(app("Changed"))
    assert stage.entry(APP).state == "hidden"


def test_a_source_is_as_well_as_what_it_shows(stage: Stage) -> None:
    """One repository that cannot be read is no source that was read."""
    from catalog.base.tables import SourceRow
    from crawlers.faults import CrawlError

    def source() -> tuple[str, str, str]:
        with stage.database.read() as session:
            row = session.get(SourceRow, stage.source)
            assert row is not None
            return row.succeeded, row.failing_since, row.error

    stage.crawl(Repository(APP, error=CrawlError("not-found", url=APP)))
    succeeded, failing, error = source()
    assert (succeeded, bool(failing)) == ("", True)
    assert "not-found" in error
    stage.crawl(Repository(THIRD, error=CrawlError("not-found", url=THIRD)), app())
    succeeded, failing, error = source()
    assert (bool(succeeded), failing, error) == (True, "", "")
