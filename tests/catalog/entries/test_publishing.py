"""Publishing.

What comes of it, what the log says, how the repository lives, and what a broken file leaves standing.
"""

from __future__ import annotations

import pytest

from catalog.base import clock, ids
from catalog.base.errors import SolutionNotFound
from catalog.base.states import EntryState, Outcome
from catalog.base.tables import CorrectionRow
from catalog.changes import log
from catalog.entries import identity, minting, moderation, publishing, store
from tests.support.scripted_catalogue import HOST, Repository, ScriptedCatalogue, publiccode
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution

APP, FORK = f"{HOST}/town/app", f"{HOST}/other/app"
DRAFT = {"README.md": b"# App\n\nA draft that says what it is for in a whole sentence.\n"}


def app(name: str = "App", **facts: object) -> Repository:
    return Repository(APP, {"publiccode.yml": publiccode(name, url=APP)}, id=7, facts=facts)


def publish(catalogue: ScriptedCatalogue, url: str = APP) -> publishing.Published:
    with catalogue.database.write() as session:
        return publishing.publish(session, catalogue.entry(url).id, settings=catalogue.settings)


def test_what_publishing_comes_to(catalogue: ScriptedCatalogue) -> None:
    with catalogue.database.write() as session:
        number = minting.solution_for(session, APP, name="App")
        first = publishing.publish(session, number, settings=catalogue.settings)
        again = publishing.publish(session, number, settings=catalogue.settings)
        session.add(CorrectionRow(solution=number, field="licence", value='"MIT"', made=""))
        session.flush()
        corrected = publishing.publish(session, number, settings=catalogue.settings)
    assert first == (number, Outcome.NEW, EntryState.DRAFT)
    assert again == (number, Outcome.UNCHANGED, EntryState.DRAFT)
    assert corrected == (number, Outcome.CHANGED, EntryState.LISTED), "an operator's word is metadata"
    assert catalogue.events() == [f"Create {number}"], "a draft is in no log"


def test_there_is_nothing_to_publish_or_withdraw_where_nothing_is(catalogue: ScriptedCatalogue) -> None:
    with catalogue.database.write() as session:
        with pytest.raises(SolutionNotFound):
            publishing.publish(session, "01NOTHING", settings=catalogue.settings)
        with pytest.raises(SolutionNotFound):
            publishing.withdraw(session, "01NOTHING", reason="r", settings=catalogue.settings)


def test_a_draft_that_is_taken_back_was_never_in_the_log(catalogue: ScriptedCatalogue) -> None:
    catalogue.at("2026-05-01T00:00:00.000Z")
    catalogue.crawl(Repository(APP, DRAFT, id=7))
    with catalogue.database.write() as session:
        publishing.withdraw(
            session, catalogue.entry(APP).id, reason="By mistake", settings=catalogue.settings
        )
    row = catalogue.entry(APP)
    assert (row.state, row.withdrawn, row.life_reason) == (
        "withdrawn",
        "2026-05-01T00:00:00.000Z",
        "By mistake",
    )
    assert catalogue.events() == []
    assert publish(catalogue) == (row.id, Outcome.UNCHANGED, EntryState.WITHDRAWN)
    catalogue.check()


def test_what_changes_says_when(catalogue: ScriptedCatalogue) -> None:
    catalogue.at("2026-05-01T00:00:00.000Z")
    catalogue.crawl(app())
    created = catalogue.entry(APP)
    catalogue.at("2026-06-01T00:00:00.000Z")
    catalogue.crawl(app())
    assert catalogue.entry(APP).modified == created.modified == "2026-05-01T00:00:00.000Z"
    catalogue.crawl(app("Anders"))
    changed = catalogue.entry(APP)
    assert (changed.modified, changed.created, changed.name) == (
        "2026-06-01T00:00:00.000Z",
        created.created,
        "Anders",
    )
    assert store.solution_of(changed).modified == "2026-06-01T00:00:00.000Z"
    assert changed.digest != created.digest
    with catalogue.database.read() as session:
        newest = log.newest(session, ids.solution(catalogue.settings.base_url, changed))
    assert newest is not None
    assert (newest.published, newest.event, newest.digest) == (
        "2026-06-01T00:00:00.000Z",
        "Update",
        changed.digest,
    )


def test_an_archived_repository_is_said_to_be_with_the_day_it_was_seen_so(
    catalogue: ScriptedCatalogue,
) -> None:
    catalogue.at("2026-05-01T00:00:00.000Z")
    catalogue.crawl(app())
    assert (catalogue.entry(APP).life, catalogue.entry(APP).life_since) == (
        "reachable",
        "2026-05-01T00:00:00.000Z",
    )
    for moment in ("2026-06-01T00:00:00.000Z", "2026-07-01T00:00:00.000Z"):
        catalogue.at(moment)
        catalogue.crawl(app(archived=True))
    row = catalogue.entry(APP)
    assert (row.life, row.life_since, row.life_reason) == ("archived", "2026-06-01T00:00:00.000Z", "")
    catalogue.crawl(app())
    assert (catalogue.entry(APP).life, catalogue.entry(APP).life_since) == (
        "reachable",
        "2026-07-01T00:00:00.000Z",
    )


def test_the_last_activity_never_goes_back(catalogue: ScriptedCatalogue) -> None:
    for moment in ("2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z"):
        catalogue.crawl(app(activity={"updated_at": moment}))
    assert catalogue.entry(APP).last_activity[:10] == "2026-05-01"


def test_a_broken_file_leaves_the_last_good_reading(catalogue: ScriptedCatalogue) -> None:
    """And one that was broken from the beginning, or was made whole again, has none."""
    broken = Repository(APP, {"publiccode.yml": b"name: ["}, id=7)
    other = Repository(FORK, {"publiccode.yml": b"name: ["}, id=8)
    catalogue.crawl(app("Heil"), other)
    for _ in range(2):
        catalogue.crawl(broken, other)
        assert (catalogue.name(APP), catalogue.entry(APP).state) == ("Heil", "listed")
        broken.files["publiccode.yml"] += b"["
    kept = {row.format: row.last_good for row in catalogue.records(APP)}
    assert kept["publiccode"]
    assert not kept["gitea"]
    assert [row.last_good for row in catalogue.records(FORK)] == ["", ""]
    assert [row.errors > 0 for row in catalogue.records(FORK)] == [False, True]
    catalogue.crawl(app("Wieder heil"), other)
    assert (catalogue.name(APP), {row.last_good for row in catalogue.records(APP)}) == ("Wieder heil", {""})


def test_who_calls_itself_a_copy_is_named(catalogue: ScriptedCatalogue) -> None:
    fork = Repository(FORK, {"publiccode.yml": publiccode("App", url=APP)}, id=8)
    catalogue.crawl(app(), fork)
    with catalogue.database.read() as session:
        assert publishing.dependants(session, catalogue.entry(APP).id) == [catalogue.entry(FORK).id]
        assert publishing.dependants(session, catalogue.entry(FORK).id) == []


def test_what_wishes_to_be_ignored_is_hidden(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    with catalogue.database.write() as session:
        row = store.get(session, id=catalogue.entry(APP).id)
        row.hidden = "A doubt"
        session.flush()
        assert publishing.publish(session, row.id, settings=catalogue.settings).state == EntryState.HIDDEN
        row.hidden = ""
        row.accepted = False
        session.flush()
        assert publishing.publish(session, row.id, settings=catalogue.settings).state == EntryState.PENDING
    assert [event.split()[0] for event in catalogue.events()] == ["Create", "Delete"]


def test_the_digest_is_that_of_the_payload(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    row = catalogue.entry(APP)
    solution = store.solution_of(row)
    assert (
        publishing.digest_of(solution, row, catalogue.settings)
        == log.digest(catalogue.payload(APP))
        == row.digest
    )
    assert publishing.digest_of(Solution(id=solution.id), row, catalogue.settings) != row.digest


def test_a_curated_entry_is_named_after_the_repository_it_says(catalogue: ScriptedCatalogue) -> None:
    with catalogue.database.write() as session:
        number = minting.solution_for(session, identity.unlocated("app"), name="App")
        document = store.Incoming(
            repository=identity.unlocated("app"),
            format="curated",
            path="app",
            uri="",
            commit="",
            content=b"",
            fetched=clock.moment(clock.now()),
            reading=Reading(format="curated", solution=Solution(name={"": "App"}, repository=APP)),
            reader="",
        )
        store.put(session, number, [document])
        assert publishing.publish(session, number, settings=catalogue.settings).state == EntryState.LISTED
        assert store.get(session, id=number).repository == APP


def test_a_repository_may_wish_to_be_ignored(catalogue: ScriptedCatalogue) -> None:
    catalogue.crawl(app())
    with catalogue.database.write() as session:
        number = catalogue.entry(APP).id
        wish = store.Incoming(
            repository=APP,
            format="repository",
            path="",
            uri="",
            commit="",
            content=b"",
            fetched=clock.moment(clock.now()),
            reading=Reading(format="repository", facts={"ignore": "true"}),
            reader="",
        )
        store.put(session, number, [wish])
        assert publishing.publish(session, number, settings=catalogue.settings).state == EntryState.HIDDEN


def test_what_is_hidden_changes_who_claims_to_be_its_copy(catalogue: ScriptedCatalogue) -> None:
    fork = Repository(FORK, {"publiccode.yml": publiccode("App", url=APP)}, id=8)
    catalogue.crawl(app(), fork)
    with catalogue.database.write() as session:
        number = catalogue.entry(APP).id
        moderation.hide(session, number, reason="r", account="a", settings=catalogue.settings)
    assert catalogue.entry(APP).state == "hidden"
    assert catalogue.entry(FORK).state == "listed"
    catalogue.check()
