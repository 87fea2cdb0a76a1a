"""One contract for all forges.

What is listed, what a second look costs, what a rename and what a fault leads to.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from crawlers.faults import CrawlError
from crawlers.forges import gitea, github, gitlab
from crawlers.source import Crawled, Event, Failed, SourceRecord, Unchanged
from tests.crawlers.forges.conftest import PUBLICCODE, ForgeSetup, closing, markers, until
from tests.support.servers import git_http
from tests.support.servers.forges import Fault

PAGES = {"github": 3, "gitlab": 3, "gitea": 5}  # that 250 repositories make
FORK = {
    "github": ("fork", True),
    "gitlab": (
        "forked_from_project",
        {"path_with_namespace": "town/App", "web_url": "https://gitlab.example.org/town/App"},
    ),
    "gitea": ("parent", {"full_name": "town/App", "html_url": "https://code.example.org/town/App"}),
}


def facts(events: list[Event], repository: str) -> dict[str, Any]:
    """What the forge says of a repository, from its record."""
    (record,) = (
        one
        for one in events
        if isinstance(one, SourceRecord) and one.repository == repository and one.format in FORK
    )
    said: dict[str, Any] = msgspec.json.decode(record.content)
    return said


def test_each_public_repository_with_the_facts_of_its_forge(setup: ForgeSetup) -> None:
    first = setup.repository(
        "town/App",
        description="Books rooms",
        topics=["rooms", "allmende-ignore"],
        licence="EUPL-1.2",
        stars=5,
        language="Python",
    )
    setup.repository("town/fork", parent="town/App", archived=True)
    setup.forge.repository("town/hidden", private=True)
    if setup.kind != "gitea":
        setup.forge.repository("town/off", disabled=True)
    events = list(setup.crawl())

    assert set(closing(events)) == {setup.url("town/App"), setup.url("town/fork")}
    records = [
        one for one in events if isinstance(one, SourceRecord) and one.repository == setup.url("town/App")
    ]
    assert [one.format for one in records] == [setup.kind, "repository", "publiccode"]
    assert records[0].uri.startswith("https://")
    assert (records[0].path, records[0].commit) == ("", "")
    assert records[2].content == PUBLICCODE
    said = facts(events, setup.url("town/App"))
    assert said["id"] == first.id
    assert said["name"] == "App"
    assert said["description"] == "Books rooms"
    assert said["topics"] == ["rooms", "allmende-ignore"]
    assert said["default_branch"] == "main"
    assert said["created_at"].startswith("2024-01-01T08:00:00")
    assert said["archived"] is False
    assert said.get("web_url", said.get("html_url")) == f"https://{setup.forge.host}/town/App"
    fork = facts(events, setup.url("town/fork"))
    assert fork["archived"] is True
    name, value = FORK[setup.kind]
    assert fork[name] == value
    end = closing(events)[setup.url("town/App")]
    assert isinstance(end, Crawled)
    assert end.aliases == (f"{setup.forge.host}#{first.id}",)


def test_what_changes_daily_stands_apart_and_nothing_private_at_all(
    setup: ForgeSetup, no_git: list[Any]
) -> None:
    repository = setup.forge.repository("town/app", stars=1)
    before = facts(list(setup.crawl()), setup.url("town/app"))
    repository.stars, repository.pushed = 900, "2026-05-20T08:00:00Z"
    after = facts(list(setup.crawl()), setup.url("town/app"))
    assert before.pop("activity") != after.pop("activity")
    assert before == after
    assert not [word for word in ("email", "avatar", "permissions") if word in str(after)]


def test_the_record_is_written_in_one_way(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("town/app", topics=["b", "a"])
    (record,) = (one for one in setup.crawl() if isinstance(one, SourceRecord))
    assert record.content == msgspec.json.encode(msgspec.json.decode(record.content), order="sorted")


def test_an_empty_repository_is_empty_at_every_visit(setup: ForgeSetup) -> None:
    git_http.git("init", "-q", "--bare", str(setup.root / setup.forge.host / "town" / "new.git"))
    setup.forge.repository("town/new", empty=True)
    events = list(setup.crawl())
    again = list(setup.crawl(known=markers(events)))
    for end in (closing(events)[setup.url("town/new")], closing(again)[setup.url("town/new")]):
        assert isinstance(end, Crawled)
        assert end.empty


def test_all_pages_are_read_and_each_costs_one_request(setup: ForgeSetup, no_git: list[Any]) -> None:
    names = [f"town/r{number:03}" for number in range(250)]
    for name in names:
        setup.forge.repository(name)
    events = list(setup.crawl())
    assert sorted(closing(events)) == [setup.url(name) for name in names]
    assert len(setup.asked) == PAGES[setup.kind]


def test_250_unchanged_repositories_cost_as_many_requests_as_there_are_pages(
    setup: ForgeSetup, no_git: list[Any], evidence: Any
) -> None:
    for number in range(250):
        setup.forge.repository(f"town/r{number:03}")
    known = markers(list(setup.crawl()))
    setup.forget()
    no_git.clear()
    http = setup.http()
    events = list(setup.crawl(known=known, http=http))
    assert {type(end) for end in closing(events).values()} == {Unchanged}
    assert markers(events) == known
    assert no_git == []
    assert http.requests == PAGES[setup.kind] == len(setup.asked)
    evidence(f"requests for 250 unchanged repositories of {setup.kind}", http.requests)


def test_a_push_costs_one_question_to_git_and_no_more_if_the_head_is_the_same(
    setup: ForgeSetup, amount: Any
) -> None:
    names = [f"town/r{number:03}" for number in range(amount(3, 60))]
    for name in names:
        setup.repository(name)
    first = list(setup.crawl())
    known = markers(first)
    pushed = setup.forge.find(names[0])
    assert pushed is not None
    pushed.pushed = "2026-05-20T08:00:00Z"
    setup.forget()
    events = list(setup.crawl(known=known))
    assert {type(end) for end in closing(events).values()} == {Unchanged}
    assert sum(setup.git.requests.values()) == 1
    assert markers(events)[setup.url(names[0])] != known[setup.url(names[0])]

    setup.commit(names[0], files={"publiccode.yml": PUBLICCODE + b"url: https://example.org\n"})
    pushed.pushed = "2026-05-21T08:00:00Z"
    events = list(setup.crawl(known=markers(events)))
    ends = closing(events)
    assert isinstance(ends[setup.url(names[0])], Crawled)
    assert {type(ends[setup.url(name)]) for name in names[1:]} == {Unchanged}


def test_another_default_branch_is_noticed_without_a_push(setup: ForgeSetup, no_git: list[Any]) -> None:
    repository = setup.forge.repository("town/app")
    known = markers(list(setup.crawl()))
    no_git.clear()
    repository.branch = "next"
    list(setup.crawl(known=known))
    assert no_git == [(setup.url("town/app"), "c" * 40)]


def test_a_push_of_a_moment_ago_is_not_relied_on(setup: ForgeSetup, no_git: list[Any]) -> None:
    """The next push may bear the same time: within a second everywhere, within an hour on GitLab."""
    age = timedelta(minutes=90) if setup.kind == "gitlab" else timedelta(seconds=30)
    setup.forge.repository("town/app", pushed=(setup.model.now - age).strftime("%Y-%m-%dT%H:%M:%SZ"))
    known = markers(list(setup.crawl()))
    setup.model.now += timedelta(days=1)
    list(setup.crawl(known=known))
    assert len(no_git) == 2
    known = markers(list(setup.crawl(known=known)))
    no_git.clear()
    list(setup.crawl(known=known))
    assert no_git == []


def test_a_renamed_repository_keeps_its_marker_and_names_its_old_address(
    setup: ForgeSetup, no_git: list[Any]
) -> None:
    repository = setup.forge.repository("town/old")
    known = markers(list(setup.crawl()))
    setup.forge.rename("town/old", "town/new")
    no_git.clear()
    events = list(setup.crawl(known=known))
    end = closing(events)[setup.url("town/new")]
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{setup.forge.host}#{repository.id}", setup.url("town/old"))
    assert no_git == []
    again = closing(list(setup.crawl(known={**known, **markers(events)})))[setup.url("town/new")]
    assert isinstance(again, Unchanged)
    assert again.aliases == (f"{setup.forge.host}#{repository.id}",)


def test_an_address_that_somebody_else_has_now_is_no_alias(setup: ForgeSetup, no_git: list[Any]) -> None:
    repository = setup.forge.repository("town/app")
    known = markers(list(setup.crawl()))
    setup.forge.rename("town/app", "town/app-legacy")
    other = setup.forge.repository("town/app")
    no_git.clear()
    ends = closing(list(setup.crawl(known=known)))
    end = ends[setup.url("town/app-legacy")]
    assert end.aliases == (f"{setup.forge.host}#{repository.id}",)  # type: ignore[union-attr]
    new = ends[setup.url("town/app")]
    assert isinstance(new, Crawled)
    assert new.aliases == (f"{setup.forge.host}#{other.id}",)
    assert no_git == [(setup.url("town/app"), "")]


# Faults


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (403, "refused"),
        (500, "server-error"),
        (404, "not-found"),
        ("html", "not-json"),
        ("truncated", "not-json"),
        ("short", "truncated"),
    ],
)
def test_a_listing_that_breaks_raises_after_what_it_has_shown(
    setup: ForgeSetup, no_git: list[Any], fault: str | int, code: str
) -> None:
    for number in range(150):
        setup.forge.repository(f"town/r{number:03}")
    setup.model.faults.append(Fault(r"[?&]page=2", fault))
    came, error = until(setup.crawl())
    assert isinstance(error, CrawlError)
    assert error.code == code
    assert len(closing(came)) == (50 if setup.kind == "gitea" else 100)


@pytest.mark.parametrize("fault", [403, 500, "html", "truncated"])
def test_a_listing_that_never_begins_raises_at_once(
    setup: ForgeSetup, no_git: list[Any], fault: str | int
) -> None:
    setup.forge.repository("town/app")
    setup.model.faults.append(Fault("town", fault))
    came, error = until(setup.crawl())
    assert came == []
    assert isinstance(error, CrawlError)
    assert error.code != "no-such-owner"


def test_a_passing_fault_is_tried_again(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("town/app")
    setup.model.faults.append(Fault("town", 502, times=2))
    assert len(closing(list(setup.crawl(http=setup.http(retries=3))))) == 1


@pytest.mark.parametrize(("form", "seconds"), [("retry-after", 900), ("remaining", 901), ("secondary", 60)])
def test_no_request_falls_into_the_time_a_forge_asks_to_wait(
    setup: ForgeSetup, no_git: list[Any], form: str, seconds: int
) -> None:
    setup.forge.repository("town/app")
    setup.model.faults.append(Fault("town", form, seconds=900))
    http = setup.http(retries=3)
    for _ in range(3):
        _, error = until(setup.crawl(http=http))
        assert isinstance(error, CrawlError)
        assert error.code == "rate-limit"
        assert error.retry_at == pytest.approx(setup.model.now.timestamp() + seconds, abs=1)
    assert len(setup.asked) == 1
    setup.model.faults.clear()
    setup.clock.now += seconds + 1
    assert len(closing(list(setup.crawl(http=http)))) == 1


def test_a_short_wait_is_waited(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("town/app")
    setup.model.faults.append(Fault("town", "retry-after", seconds=7, times=1))
    assert len(closing(list(setup.crawl(http=setup.http(retries=1))))) == 1
    assert sum(setup.clock.waits) == pytest.approx(7)


def test_one_repository_that_git_cannot_read_is_that_ones_failure(setup: ForgeSetup) -> None:
    setup.repository("town/good")
    setup.forge.repository("town/lost")
    ends = closing(list(setup.crawl()))
    assert isinstance(ends[setup.url("town/good")], Crawled)
    lost = ends[setup.url("town/lost")]
    assert isinstance(lost, Failed)
    assert lost.error.code == "not-found"


def test_a_name_that_is_no_path_fails_alone(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("town/..")
    setup.forge.repository("town/app")
    ends = closing(list(setup.crawl()))
    assert isinstance(ends.pop(setup.url("town/app")), Crawled)
    (failed,) = ends.values()
    assert isinstance(failed, Failed)
    assert failed.error.code == "no-url"


def test_there_is_no_such_owner(setup: ForgeSetup) -> None:
    with pytest.raises(CrawlError) as caught:
        list(setup.crawl(setup.url("nobody")))
    assert caught.value.code == "no-such-owner"


# A single repository


def test_a_single_repository_has_facts_and_files(setup: ForgeSetup) -> None:
    repository = setup.repository("town/app", description="Books rooms")
    events = list(setup.crawl(setup.url("town/app"), scope="repository"))
    assert facts(events, setup.url("town/app"))["description"] == "Books rooms"
    assert len(setup.asked) == 1
    setup.forget()
    (record, end) = setup.crawl(setup.url("town/app"), scope="repository", known=markers(events))
    assert isinstance(record, SourceRecord)
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{setup.forge.host}#{repository.id}",)
    assert (len(setup.asked), sum(setup.git.requests.values())) == (1, 0)


@pytest.mark.parametrize("fault", [403, 404, 500, "html", "truncated", "retry-after", "secondary", "slow"])
def test_a_single_repository_needs_no_forge(
    setup: ForgeSetup, fault: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (github, gitlab, gitea):
        monkeypatch.setattr(module, "FACTS_SECONDS", 0.2)
    setup.repository("town/app")
    known = markers(list(setup.crawl(setup.url("town/app"), scope="repository")))
    setup.forget()
    setup.model.faults.append(Fault("town", fault))
    http = setup.http(retries=3)
    (end,) = setup.crawl(setup.url("town/app"), scope="repository", known=known, http=http)
    assert isinstance(end, Unchanged)
    assert len(setup.server.log) <= 1
    assert setup.clock.waits == []
    setup.model.faults.clear()
    setup.server.stopped.set()
    again = list(setup.crawl(setup.url("town/app"), scope="repository", known=markers([end])))
    assert facts(again, setup.url("town/app"))["name"] == "app"
    assert isinstance(closing(again)[setup.url("town/app")], Unchanged)


def test_a_single_repository_that_was_renamed(setup: ForgeSetup) -> None:
    repository = setup.repository("town/old")
    known = markers(list(setup.crawl(setup.url("town/old"), scope="repository")))
    setup.forge.rename("town/old", "town/new")
    setup.commit("town/new")
    events = list(setup.crawl(setup.url("town/old"), scope="repository", known=known))
    end = closing(events)[setup.url("town/new")]
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{setup.forge.host}#{repository.id}", setup.url("town/old"))


def test_git_does_not_say_which_repository_of_a_forge_this_is(setup: ForgeSetup) -> None:
    """Else a forge could give another forge's repository the facts it likes."""
    setup.forge.repository("town/app")
    setup.commit("town/other")
    host = setup.forge.host
    setup.git.renamed[f"{host}/town/app"] = f"{host}/town/other"
    events = list(setup.crawl())
    assert list(closing(events)) == [setup.url("town/app")]
    assert {type(end) for end in closing(list(setup.crawl(known=markers(events)))).values()} == {Unchanged}


def test_a_private_repository_tells_nothing_even_to_a_token(setup: ForgeSetup) -> None:
    setup.forge.repository("town/hidden", private=True, description="secret")
    http = setup.http(tokens={setup.server.authority: "Bearer canary"})
    listed = list(setup.crawl(http=http))
    assert listed == []
    (end,) = setup.crawl(setup.url("town/hidden"), scope="repository", http=http)
    assert isinstance(end, Failed)
    assert end.error.code == "not-found"


def test_a_forge_speaks_only_of_itself(
    setup: ForgeSetup, no_git: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses of the repository at another host are left out.

    The repository is at the host that was asked.
    """
    setup.forge.repository("town/app")
    module = {"github": github, "gitlab": gitlab, "gitea": gitea}[setup.kind]
    real = module._repository

    def lying(data: Any, *rest: Any, **options: Any) -> Any:
        there = {"html_url": "https://elsewhere.example/x/y", "web_url": "https://elsewhere.example/x/y"}
        return real({**data, **there, "clone_url": "https://elsewhere.example/x/y.git"}, *rest, **options)

    monkeypatch.setattr(module, "_repository", lying)
    events = list(setup.crawl())
    assert list(closing(events)) == [setup.url("town/app")]
    assert "elsewhere" not in str(facts(events, setup.url("town/app")))
