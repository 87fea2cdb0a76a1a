"""Anybody may name a repository.

It is read at once, waits unseen for an operator, and nothing stays of what cannot be read.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from catalog.base import clock
from catalog.base.states import SourceState
from catalog.base.tables import AliasRow, ChangeRow, RecordRow, RepositoryRow, SolutionRow, SourceRow
from catalog.harvesting import registration
from catalog.operations import retention
from catalog.operations.services import Services
from catalog.views.limits import limiter
from tests.support.browser import Browser, fault, words
from tests.support.instance import publiccode
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer


def count(services: Services, *tables: type) -> int:
    with services.database.read() as session:
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def row(services: Services) -> SolutionRow:
    with services.database.read() as session:
        return session.scalars(select(SolutionRow)).one()


def test_a_repository_is_read_at_once_and_waits_unseen(
    services: Services, visitor: Browser, repository: str
) -> None:
    answer = visitor.post("/register?lang=en", {"url": repository})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    said = words(answer)
    assert "Mängelmelder" in said
    assert "EUPL-1.2" in said
    assert "publiccode.yml" in said
    found = row(services)
    assert (found.state, found.accepted) == ("pending", False)
    assert visitor.get(f"/solutions/{found.slug}").status_code == 404
    assert visitor.get(f"/id/solution/{found.id}").status_code == 404
    assert count(services, ChangeRow) == 0
    assert "Mängelmelder" not in visitor.get("/solutions").text
    assert repository not in visitor.get("/sources").text
    again = visitor.post("/register?lang=en", {"url": repository})
    assert "waiting already" in words(again)
    assert "Mängelmelder" not in words(again)  # what waits is nobody's to see
    assert count(services, SolutionRow, SourceRow) == 2


def test_a_get_asks_nobody(forge: GitServer, visitor: Browser, repository: str) -> None:
    answer = visitor.get(f"/register?url={repository}")
    assert repository in answer.text
    assert not forge.log


def test_what_is_wrong_is_said_with_line_and_fix(forge: GitServer, visitor: Browser) -> None:
    text = (
        publiccode(f"{forge.url}/a/b")
        .replace(b"EUPL-1.2", b"Hausrecht")
        .replace(b"developmentStatus: stable\n", b"")
    )
    git_http.create(forge.root, "a/b", {"publiccode.yml": text})
    said = words(visitor.post("/register?lang=en", {"url": f"{forge.url}/a/b"}))
    line = text.decode().split("\n").index("legal: {license: Hausrecht}") + 1
    assert f"Line {line} legal.license" in said
    assert "developmentStatus" in said


def test_no_metadata_file_gives_a_first_one_and_a_waiting_draft(
    services: Services, forge: GitServer, visitor: Browser
) -> None:
    git_http.create(
        forge.root,
        "a/b",
        {"README.md": b"# Tool\n\nThe tool counts the benches that stand in a park and it maps them.\n"},
    )
    answer = visitor.post("/register?lang=en", {"url": f"{forge.url}/a/b"})
    assert answer.status_code == 200
    assert "publiccodeYmlVersion" in answer.text
    assert "counts the benches" in words(answer)
    assert row(services).state == "pending"


BAD = {
    "": (400, "Please give the address"),
    "my software": (400, "is not a web address"),
    "http://github.com/a/b": (400, "does not begin with https"),
    "ftp://github.com/a/b": (400, "does not begin with https"),
    "file:///etc/passwd": (400, "web address"),
    "https://user:secret@github.com/a/b": (400, "user name or password"),
    "https://10.0.0.1/a/b": (400, "private or reserved"),
    "https://[::1]/a/b": (400, "private or reserved"),
    "https://127.0.0.1/a/b": (400, "private or reserved"),
    "https://localhost/a/b": (400, "private or reserved"),
    "https://forge.example:22/a/b": (400, "port 22"),
    "https://forge.invalid/a/b": (422, "no server with the name"),
    "{forge}/no/such": (422, "does not exist or is not public"),
    "{forge}/its/empty": (422, "is an empty repository"),
    "{forge}/its/.github": (422, "begins with a dot"),
    "{forge}/its/link": (422, "only a link"),
    "{forge}/its/faulty": (422, "fault of its own"),
    "{forge}/its/ignored": (422, "asks not to be listed"),
    "{forge}/": (422, "no platform for source code"),
    "https://forge.example/" + "a" * 3000: (400, "is not a web address"),
}


def _bad(forge: GitServer) -> None:
    git_http.git("init", "-q", "--bare", str(forge.root / "its/empty.git"))
    git_http.create(
        forge.root, "its/.github", {"README.md": b"# x\n\nSome words that say what this is for people.\n"}
    )
    git_http.create(
        forge.root, "its/link", {"publiccode.yml": b"elsewhere.yml"}, modes={"publiccode.yml": "120000"}
    )
    git_http.create(
        forge.root,
        "its/ignored",
        {"README.md": b"# x\n\nallmende: ignore\n\nSome words that say what this is for people.\n"},
    )
    git_http.create(forge.root, "its/faulty", {"README.md": b"x"})
    forge.status["its/faulty"] = 500


@pytest.mark.parametrize("url", BAD)
def test_what_cannot_be_read_gets_one_sentence_and_leaves_nothing(
    services: Services, forge: GitServer, visitor: Browser, url: str
) -> None:
    if "{forge}/its" in url:
        _bad(forge)
    status, sentence = BAD[url]
    answer = visitor.post("/register?lang=en", {"url": url.format(forge=forge.url)})
    assert answer.status_code == status
    assert sentence in fault(answer)
    assert "secret" not in fault(answer)
    assert count(services, SolutionRow, AliasRow, RecordRow, RepositoryRow, ChangeRow) == 0
    assert forge.url not in visitor.get("/sources").text
    with services.database.read() as session:
        assert {item.state for item in session.scalars(select(SourceRow))} <= {SourceState.ATTEMPT}
    retention.sweep(services, now=clock.later(clock.now(), days=2))
    assert count(services, SourceRow) == 0


def test_what_failed_may_be_tried_again(
    services: Services, forge: GitServer, visitor: Browser, repository: str
) -> None:
    forge.status["stadt/maengelmelder"] = 503
    assert visitor.post("/register", {"url": repository}).status_code == 422
    forge.status.clear()
    assert visitor.post("/register", {"url": repository}).status_code == 200
    assert row(services).state == "pending"


def test_the_german_sentence_is_shown_to_germans(visitor: Browser) -> None:
    assert "Netzadresse" in fault(visitor.post("/register?lang=de", {"url": "https://10.0.0.1/a/b"}))


def test_what_is_known_is_linked(
    services: Services, operator: Browser, visitor: Browser, repository: str
) -> None:
    visitor.post("/register", {"url": repository})
    operator.post(f"/operator/entries/{row(services).id}/accept")
    answer = visitor.post("/register?lang=en", {"url": f"{repository}.git/"})
    assert "here already" in words(answer)
    assert f'href="/solutions/{row(services).slug}"' in answer.text


def test_a_refused_repository_is_told_why(
    services: Services, operator: Browser, visitor: Browser, repository: str
) -> None:
    visitor.post("/register", {"url": repository})
    operator.post(f"/operator/entries/{row(services).id}/refuse", {"reason": "Only a toy"})
    assert count(services, SolutionRow, RecordRow, AliasRow, RepositoryRow) == 0
    assert "Only a toy" in words(visitor.post("/register?lang=en", {"url": repository}))
    assert repository not in visitor.get("/sources").text


def test_what_takes_long_goes_on_behind_the_answer(
    services: Services, visitor: Browser, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, done = threading.Event(), threading.Event()
    conductor = services.harvest

    def slow() -> object:
        go.wait(20)
        return conductor()

    give_up = registration._read

    def noted(*given: object, **named: object) -> object:
        try:
            return give_up(*given, **named)  # type: ignore[arg-type]
        finally:
            done.set()

    monkeypatch.setattr(services, "harvest", slow)
    monkeypatch.setattr(registration, "_read", noted)
    outcome = registration.register(
        services.database, repository, http=services.http, harvest=slow, seconds=0.01
    )  # type: ignore[arg-type]
    assert outcome.state == "slow"
    assert (
        registration.register(services.database, repository, http=services.http, harvest=slow).state
        == "waiting"
    )  # type: ignore[arg-type]
    go.set()
    assert done.wait(20)
    assert row(services).state == "pending"


def test_ten_an_hour_for_each_visitor(app: object, limits: None, visitor: Browser) -> None:
    answers = [visitor.post("/register", {"url": "x"}).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]
    assert (
        Browser(visitor.client.application, address="192.0.2.77").post("/register", {"url": "x"}).status_code
        == 400
    )
    assert limiter.enabled


def test_a_budget_for_all_visitors_together(limits: None, visitor: Browser) -> None:
    app, statuses = visitor.client.application, []
    for number in range(21):
        one = Browser(app, address=f"192.0.2.{number}")
        statuses += [one.post("/register", {"url": "x"}).status_code for _ in range(10)]
    assert statuses == [400] * 200 + [429] * 10


def test_a_form_of_another_site_is_refused(visitor: Browser, forge: GitServer, repository: str) -> None:
    assert visitor.post("/register", {"url": repository}, token=False).status_code == 400
    assert not forge.log


def test_two_at_once_make_one_entry(services: Services, repository: str) -> None:
    both: list[str] = []
    start = threading.Barrier(2)

    def one() -> None:
        start.wait()
        harvest: Callable = services.harvest
        both.append(
            registration.register(services.database, repository, http=services.http, harvest=harvest).state
        )

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(both) == ["new", "waiting"]
    assert count(services, SolutionRow, SourceRow) == 2


def test_what_a_dying_process_left_behind_may_be_registered_again(
    services: Services, visitor: Browser, repository: str
) -> None:
    with services.database.write() as session:
        session.add(
            SourceRow(
                kind="repository",
                url=repository,
                state=SourceState.PENDING,
                added=clock.now(),
                due=clock.now(),
            )
        )
    assert "waiting already" in words(visitor.post("/register?lang=en", {"url": repository}))
    with services.database.write() as session:
        session.execute(update(SourceRow).values(added=clock.later(clock.now(), minutes=-16)))
    assert visitor.post("/register", {"url": repository}).status_code == 200
    assert row(services).state == "pending"
    retention.sweep(services, now=clock.later(clock.now(), days=2))
    assert count(services, SourceRow) == 1  # this one has an entry that waits


def test_what_a_dying_process_left_behind_is_swept(services: Services, repository: str) -> None:
    with services.database.write() as session:
        session.add(
            SourceRow(
                kind="repository",
                url=repository,
                state=SourceState.PENDING,
                added=clock.now(),
                due=clock.now(),
            )
        )
    assert retention.sweep(services, now=clock.later(clock.now(), days=2))["attempts"] == 1


def test_a_full_disk_says_so_and_reading_goes_on(
    services: Services, forge: GitServer, visitor: Browser, repository: str
) -> None:
    noise = (
        "# Melder\n\n" + random.Random(1).randbytes(100_000).hex()
    )  # that does not fit into the pages there are
    git_http.create(
        forge.root,
        "stadt/maengelmelder",
        {"publiccode.yml": publiccode(repository), "README.md": noise.encode()},
    )
    with services.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def full(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(services.database.engine, "connect", full)
    services.database.engine.dispose()
    answer = visitor.post("/register?lang=en", {"url": repository})
    assert answer.status_code == 507
    assert "disk is full" in words(answer)
    assert count(services, SolutionRow, RecordRow) == 0
    assert visitor.get("/publishers").status_code == 200
    event.remove(services.database.engine, "connect", full)
    services.database.engine.dispose()
    with services.database.write() as session:  # as if the time had passed
        session.execute(update(SourceRow).values(added=clock.later(clock.now(), minutes=-16)))
    assert visitor.post("/register", {"url": repository}).status_code == 200
    assert row(services).state == "pending"
