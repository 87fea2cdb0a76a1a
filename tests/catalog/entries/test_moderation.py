"""What an operator decides, through the pages.

Each decision changes what the public sees and leaves a line of who did it.
"""

from __future__ import annotations

import ast
import inspect
import json
from types import ModuleType

import pytest
from sqlalchemy import select, update

from catalog.base import clock, ids
from catalog.base.errors import BadForm, SolutionNotFound, SourceNotFound
from catalog.base.tables import (
    AuditRow,
    ChangeRow,
    CorrectionRow,
    LogHeadRow,
    RecordRow,
    RepositoryRow,
    SolutionRow,
    SourceRow,
)
from catalog.changes import log
from catalog.entries import moderation, store, takeover
from catalog.harvesting.harvest import Harvest
from catalog.operations import dashboard
from catalog.operations.services import Services
from tests.support.browser import Browser, words
from tests.support.instance import publiccode, row
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer


def events(services: Services) -> list[str]:
    with services.database.read() as session:
        return list(session.scalars(select(ChangeRow.event).order_by(ChangeRow.seq)))


def audit(services: Services) -> list[tuple[str, str, str]]:
    with services.database.read() as session:
        return [
            (item.account, item.action, item.note)
            for item in session.scalars(select(AuditRow).order_by(AuditRow.id))
        ]


def test_accepted_is_public_and_read_from_now_on(
    services: Services, operator: Browser, visitor: Browser, pending: str
) -> None:
    assert "Mängelmelder" in words(operator.get("/operator"))
    answer = operator.post(f"/operator/entries/{pending}/accept")
    assert answer.headers["Location"] == "/operator"
    found = row(services, pending)
    assert found.state == "listed"
    with services.database.read() as session:
        newest = log.newest(session, ids.solution(services.settings.base_url, found))
    assert newest is not None
    assert newest.in_feed
    assert visitor.get(f"/solutions/{found.slug}").status_code == 200
    with services.database.read() as session:
        source = session.scalars(select(SourceRow)).one()
    assert source.state == "active"
    assert source.due > clock.now()
    assert events(services) == ["Create"]
    assert audit(services) == [("anna", "accept", "")]
    assert "Mängelmelder" not in words(operator.get("/operator"))


def test_accepting_twice_says_so(services: Services, operator: Browser, entry: str) -> None:
    answer = operator.post(f"/operator/entries/{entry}/accept")
    assert "wartet nicht mehr" in words(operator.get(answer.headers["Location"]))
    assert len(audit(services)) == 1


def test_the_next_crawl_changes_an_accepted_entry(
    services: Services, forge: GitServer, entry: str, repository: str
) -> None:
    git_http.create(
        forge.root, "stadt/maengelmelder", {"publiccode.yml": publiccode(repository, "Neuer Name")}
    )
    conductor: Harvest = services.harvest()
    assert conductor.run(1).changed == 1
    assert row(services, entry).name == "Neuer Name"
    assert events(services) == ["Create", "Update"]


def test_a_crawl_does_not_accept(services: Services, forge: GitServer, pending: str, repository: str) -> None:
    git_http.create(
        forge.root, "stadt/maengelmelder", {"publiccode.yml": publiccode(repository, "Neuer Name")}
    )
    services.harvest().run(1)
    assert row(services, pending).state == "pending"
    assert events(services) == []


def test_hidden_and_shown_again(services: Services, operator: Browser, visitor: Browser, entry: str) -> None:
    page = f"/solutions/{row(services, entry).slug}"
    operator.post(f"/operator/entries/{entry}/hide", {"reason": "  "})
    assert row(services, entry).state == "listed"  # not without a reason
    operator.post(f"/operator/entries/{entry}/hide", {"reason": "A doubt"})
    assert row(services, entry).state == "hidden"
    assert visitor.get(page).status_code == 404
    assert "A doubt" in words(operator.get(f"/operator/entries/{entry}"))
    services.harvest().run(1)
    assert row(services, entry).state == "hidden"  # a crawl does not show it again
    operator.post(f"/operator/entries/{entry}/show")
    assert visitor.get(page).status_code == 200
    assert events(services) == ["Create", "Delete", "Create"]
    assert audit(services)[1:] == [("anna", "hide", "A doubt"), ("anna", "show", "")]


def test_withdrawn_for_good(services: Services, operator: Browser, visitor: Browser, entry: str) -> None:
    assert operator.get(f"/operator/entries/{entry}/withdraw").status_code == 200
    assert row(services, entry).state == "listed"  # asking is not doing
    operator.post(f"/operator/entries/{entry}/withdraw", {"reason": "Published by mistake"})
    assert row(services, entry).state == "withdrawn"
    assert visitor.get(f"/solutions/{row(services, entry).slug}").status_code == 410
    assert events(services) == ["Create", "Delete"]
    for action in ("hide", "show", "withdraw", "correct", "accept"):
        operator.post(f"/operator/entries/{entry}/{action}", {"reason": "again"})
    services.harvest().run(1)
    assert row(services, entry).state == "withdrawn"
    assert events(services) == ["Create", "Delete"]


def test_a_correction_is_laid_over_and_taken_away(services: Services, operator: Browser, entry: str) -> None:
    operator.post(
        f"/operator/entries/{entry}/correct",
        {"licence": "mit", "name_de": "Meldestelle", "publisher": "Stadt Musterstadt"},
    )
    found = row(services, entry)
    assert (found.name, found.publisher) == ("Meldestelle", "stadt-musterstadt")
    assert '"licence":"MIT"' in found.document
    assert 'value="Meldestelle"' in operator.get(f"/operator/entries/{entry}").text
    operator.post(f"/operator/entries/{entry}/correct", {"licence": "Hausrecht"})
    assert '"licence":"MIT"' in row(services, entry).document  # refused as a whole
    assert "Hausrecht" in words(operator.get(f"/operator/entries/{entry}"))
    operator.post(f"/operator/entries/{entry}/correct", {})
    assert row(services, entry).name == "Mängelmelder"
    with services.database.read() as session:
        assert not session.scalars(select(CorrectionRow)).all()
    assert [line[1:] for line in audit(services)[1:]] == [
        ("correct", "licence, publisher, name"),
        ("correct", "licence, publisher, name"),
    ]


def test_sources_are_added_paused_read_soon_and_removed(
    services: Services, operator: Browser, repository: str
) -> None:
    operator.post("/operator/sources", {"url": repository})
    with services.database.read() as session:
        source = session.scalars(select(SourceRow)).one()
    assert (source.url, source.state, source.due <= clock.now()) == (repository, "active", True)
    for action, state in (("pause", "paused"), ("resume", "active")):
        operator.post(f"/operator/sources/{source.id}/{action}")
        with services.database.read() as session:
            assert session.scalars(select(SourceRow.state)).one() == state
    services.harvest().run(source.id)
    assert repository in operator.get("/operator/runs").text
    assert operator.get("/operator/runs/1").status_code == 200
    operator.post(f"/operator/sources/{source.id}/remove")
    with services.database.read() as session:
        assert not session.scalars(select(SourceRow)).all()
        assert session.scalars(select(SolutionRow.state)).one() == "listed"  # its entries stay
    assert [line[1] for line in audit(services)] == [
        "source-now",
        "source-pause",
        "source-resume",
        "source-remove",
    ]


@pytest.mark.parametrize("url", ["", "1", "10.0.0.1/a/b", "https://10.0.0.1/a/b", "nonsense"])
def test_a_source_that_is_none_gets_a_sentence(services: Services, operator: Browser, url: str) -> None:
    answer = operator.post("/operator/sources", {"url": url})
    assert answer.status_code == 303
    assert "note--danger" in operator.get("/operator/sources").text
    with services.database.read() as session:
        assert not session.scalars(select(SourceRow)).all()


def test_an_operator_takes_up_what_a_visitor_could_not(
    services: Services, forge: GitServer, operator: Browser, visitor: Browser, repository: str
) -> None:
    forge.status["stadt/maengelmelder"] = 500
    visitor.post("/register", {"url": repository})
    operator.post("/operator/sources", {"url": repository})
    with services.database.read() as session:
        assert session.scalars(select(SourceRow.state)).one() == "active"


def test_failures_and_problems_are_shown(
    services: Services, forge: GitServer, operator: Browser, entry: str, repository: str
) -> None:
    git_http.create(
        forge.root,
        "stadt/maengelmelder",
        {"publiccode.yml": publiccode(repository).replace(b"EUPL-1.2", b"Hausrecht")},
    )
    services.harvest().run(1)
    assert "Mängelmelder" in words(operator.get("/operator/problems"))
    forge.status["stadt/maengelmelder"] = 500
    services.harvest().run(1)
    said = words(operator.get("/operator/runs/3"))
    assert repository in said
    assert "500" in said, said


def test_entries_are_found_in_any_state(operator: Browser, pending: str) -> None:
    for query in ("melder", "MAENGELMELDER", "stadt/", ""):
        assert pending in operator.get(f"/operator/entries?q={query}").text, query
    for query in ("%25", "_", "nothing", "melder nothing"):
        assert pending not in operator.get(f"/operator/entries?q={query}").text, query


def test_what_needs_looking_after_is_said(
    services: Services, operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "note--warning" not in operator.get("/operator").text
    monkeypatch.setattr(dashboard, "free_bytes", lambda folder: 5_000_000)
    with services.database.write() as session:
        session.execute(update(LogHeadRow).values(published=clock.later(clock.now(), minutes=11)))
    said = words(operator.get("/operator?lang=en"))
    assert "Only 5 MB are left" in said
    assert "ahead of this machine's clock" in said


@pytest.mark.parametrize("module", [moderation, takeover], ids=lambda module: module.__name__)
def test_every_decision_locks_the_log_before_any_row(module: ModuleType) -> None:
    """As publishing does: on PostgreSQL an operator and a crawl would else wait for each other."""
    decisions = [
        node
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.FunctionDef) and "account" in {arg.arg for arg in node.args.kwonlyargs}
    ]
    assert len(decisions) >= 2
    for node in decisions:
        first, second = node.body[:2]
        assert isinstance(first, ast.Expr), node.name
        assert ast.unparse(second) == "log.lock(session)", node.name


# --- without the pages ----------------------------------------------------------------------------------


def test_what_is_refused_is_gone_but_its_source_remembers_why(services: Services, pending: str) -> None:
    repository = row(services, pending).repository
    with services.database.write() as session:
        session.scalars(select(SourceRow)).one().options = '{"kept":"as it was"}'
    with services.database.write() as session:
        with pytest.raises(BadForm):
            moderation.refuse(session, pending, reason=" ", account="anna")
        moderation.refuse(session, pending, reason="No  software", account="anna")
    with services.database.read() as session:
        source = session.scalars(select(SourceRow)).one()
        assert (source.state, json.loads(source.options)) == (
            "refused",
            {"kept": "as it was", "reason": "No software"},
        )
        for table in (SolutionRow, RepositoryRow, RecordRow):
            assert not session.scalars(select(table)).all()
        line = session.scalars(select(AuditRow)).one()
    assert (line.account, line.action, line.subject, line.note) == (
        "anna",
        "refuse",
        repository,
        "No software",
    )
    assert events(services) == []


def test_what_is_not_there_cannot_be_decided(services: Services) -> None:
    settings = services.settings
    with services.database.write() as session:
        for decide in (
            lambda: moderation.accept(session, "nothing", account="a", settings=settings),
            lambda: moderation.hide(session, "nothing", reason="r", account="a", settings=settings),
            lambda: moderation.correct(session, "nothing", {}, account="a", settings=settings),
        ):
            with pytest.raises(SolutionNotFound):
                decide()
        with pytest.raises(SourceNotFound):
            moderation.set_source(session, 99, "pause", account="a")
    assert audit(services) == []


@pytest.mark.parametrize("state", ["pending", "attempt"])
def test_what_waits_for_a_decision_is_no_source_yet(services: Services, pending: str, state: str) -> None:
    with services.database.write() as session:
        source = session.scalars(select(SourceRow)).one()
        source.state = state
        session.flush()
        with pytest.raises(SourceNotFound):
            moderation.set_source(session, source.id, "now", account="a")


def test_read_now_waits_for_who_is_reading_it(services: Services, entry: str) -> None:
    with services.database.write() as session:
        source = session.scalars(select(SourceRow)).one()
        source.due = source.leased_until = "2999-01-01T00:00:00.000Z"
        moderation.set_source(session, source.id, "now", account="a")
        assert source.due <= clock.now()
        assert source.leased_until == "2999-01-01T00:00:00.000Z"


EVERYTHING = {
    "licence": "EUPL-1.2",
    "publisher": "Stadt Musterstadt",
    "landing_page": "https://x.example.org/",
    "name_de": "Melder",
    "name_en": "Reporter",
    "short_text_de": "Kurz",
    "short_text_en": "Short",
}


def test_every_field_of_the_form_is_laid_over_and_shown_again(services: Services, entry: str) -> None:
    def correct(values: dict[str, str]) -> list[str]:
        with services.database.write() as session:
            return moderation.correct(session, entry, values, account="a", settings=services.settings)

    def shown() -> dict[str, str]:
        with services.database.read() as session:
            return moderation.corrections(session, entry)

    assert shown() == dict.fromkeys(EVERYTHING, "")
    assert correct(EVERYTHING) == ["licence", "publisher", "landing_page", "name", "short_text"]
    assert shown() == EVERYTHING
    found = store.solution_of(row(services, entry))
    assert (found.name, found.short_text) == (
        {"de": "Melder", "en": "Reporter"},
        {"de": "Kurz", "en": "Short"},
    )
    assert (found.licence, found.landing_page) == ("EUPL-1.2", "https://x.example.org/")
    assert correct(EVERYTHING) == [], "nothing changed"
    assert correct({**EVERYTHING, "name_en": "", "publisher": ""}) == ["publisher", "name"]
    assert shown() == {**EVERYTHING, "name_en": "", "publisher": ""}
    assert len(audit(services)) == 3, "accepted, and corrected twice"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"licence": "Hausrecht"}, "not-a-licence"), ({"landing_page": "no address"}, "not-an-address")],
)
def test_a_correction_that_cannot_be_is_said_to_be_none(
    services: Services, entry: str, values: dict[str, str], code: str
) -> None:
    with services.database.write() as session, pytest.raises(BadForm) as refused:
        moderation.correct(session, entry, values, account="a", settings=services.settings)
    assert refused.value.code == code
    assert refused.value.values["value"] == next(iter(values.values()))


def test_a_reason_is_kept_up_to_its_length(services: Services, entry: str) -> None:
    with services.database.write() as session:
        moderation.hide(session, entry, reason=" a " + "b" * 2_000, account="a", settings=services.settings)
    assert len(row(services, entry).hidden) == moderation.LONGEST_REASON
