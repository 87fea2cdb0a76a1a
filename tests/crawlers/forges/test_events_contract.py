"""One contract for all forges: what is listed, what a second look costs, what a rename and what a fault leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from crawlers.faults import CrawlError
from crawlers.forges import gitea, github, gitlab
from crawlers.source import Crawled, Event, Failed, SourceRecord, Unchanged
from tests.crawlers.forges.conftest import PUBLICCODE, World, closing, markers, until
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


def test_each_public_repository_with_the_facts_of_its_forge(world: World) -> None:
    first = world.repository(
        "town/App",
        description="Books rooms",
        topics=["rooms", "allmende-ignore"],
        licence="EUPL-1.2",
        stars=5,
        language="Python",
    )
    world.repository("town/fork", parent="town/App", archived=True)
    world.forge.repository("town/hidden", private=True)
    if world.kind != "gitea":
        world.forge.repository("town/off", disabled=True)
    events = list(world.crawl())

    assert set(closing(events)) == {world.url("town/App"), world.url("town/fork")}
    records = [
        one for one in events if isinstance(one, SourceRecord) and one.repository == world.url("town/App")
    ]
    assert [one.format for one in records] == [world.kind, "repository", "publiccode"]
    assert records[0].uri.startswith("https://")
    assert (records[0].path, records[0].commit) == ("", "")
    assert records[2].content == PUBLICCODE
    said = facts(events, world.url("town/App"))
    assert said["id"] == first.id
    assert said["name"] == "App"
    assert said["description"] == "Books rooms"
    assert said["topics"] == ["rooms", "allmende-ignore"]
    assert said["default_branch"] == "main"
    assert said["created_at"].startswith("2024-01-01T08:00:00")
    assert said["archived"] is False
    assert said.get("web_url", said.get("html_url")) == f"https://{world.forge.host}/town/App"
    fork = facts(events, world.url("town/fork"))
    assert fork["archived"] is True
    name, value = FORK[world.kind]
    assert fork[name] == value
    end = closing(events)[world.url("town/App")]
    assert isinstance(end, Crawled)
    assert end.aliases == (f"{world.forge.host}#{first.id}",)


def test_what_changes_daily_stands_apart_and_nothing_private_at_all(world: World, no_git: list[Any]) -> None:
    repository = world.forge.repository("town/app", stars=1)
    before = facts(list(world.crawl()), world.url("town/app"))
    repository.stars, repository.pushed = 900, "2026-05-20T08:00:00Z"
    after = facts(list(world.crawl()), world.url("town/app"))
    assert before.pop("activity") != after.pop("activity")
    assert before == after
    assert not [word for word in ("email", "avatar", "permissions") if word in str(after)]


def test_the_record_is_written_in_one_way(world: World, no_git: list[Any]) -> None:
    world.forge.repository("town/app", topics=["b", "a"])
    (record,) = (one for one in world.crawl() if isinstance(one, SourceRecord))
    assert record.content == msgspec.json.encode(msgspec.json.decode(record.content), order="sorted")


def test_an_empty_repository_is_empty_at_every_visit(world: World) -> None:
    git_http.git("init", "-q", "--bare", str(world.root / world.forge.host / "town" / "new.git"))
    world.forge.repository("town/new", empty=True)
    events = list(world.crawl())
    again = list(world.crawl(known=markers(events)))
    for end in (closing(events)[world.url("town/new")], closing(again)[world.url("town/new")]):
        assert isinstance(end, Crawled)
        assert end.empty


def test_all_pages_are_read_and_each_costs_one_request(world: World, no_git: list[Any]) -> None:
    names = [f"town/r{number:03}" for number in range(250)]
    for name in names:
        world.forge.repository(name)
    events = list(world.crawl())
    assert sorted(closing(events)) == [world.url(name) for name in names]
    assert len(world.asked) == PAGES[world.kind]


def test_250_unchanged_repositories_cost_as_many_requests_as_there_are_pages(
    world: World, no_git: list[Any], evidence: Any
) -> None:
    for number in range(250):
        world.forge.repository(f"town/r{number:03}")
    known = markers(list(world.crawl()))
    world.forget()
    no_git.clear()
    http = world.http()
    events = list(world.crawl(known=known, http=http))
    assert {type(end) for end in closing(events).values()} == {Unchanged}
    assert markers(events) == known
    assert no_git == []
    assert http.requests == PAGES[world.kind] == len(world.asked)
    evidence(f"requests for 250 unchanged repositories of {world.kind}", http.requests)


def test_a_push_costs_one_question_to_git_and_no_more_if_the_head_is_the_same(
    world: World, amount: Any
) -> None:
    names = [f"town/r{number:03}" for number in range(amount(3, 60))]
    for name in names:
        world.repository(name)
    first = list(world.crawl())
    known = markers(first)
    pushed = world.forge.find(names[0])
    assert pushed is not None
    pushed.pushed = "2026-05-20T08:00:00Z"
    world.forget()
    events = list(world.crawl(known=known))
    assert {type(end) for end in closing(events).values()} == {Unchanged}
    assert sum(world.git.requests.values()) == 1
    assert markers(events)[world.url(names[0])] != known[world.url(names[0])]

    world.commit(names[0], files={"publiccode.yml": PUBLICCODE + b"url: https://example.org\n"})
    pushed.pushed = "2026-05-21T08:00:00Z"
    events = list(world.crawl(known=markers(events)))
    ends = closing(events)
    assert isinstance(ends[world.url(names[0])], Crawled)
    assert {type(ends[world.url(name)]) for name in names[1:]} == {Unchanged}


def test_another_default_branch_is_noticed_without_a_push(world: World, no_git: list[Any]) -> None:
    repository = world.forge.repository("town/app")
    known = markers(list(world.crawl()))
    no_git.clear()
    repository.branch = "next"
    list(world.crawl(known=known))
    assert no_git == [(world.url("town/app"), "c" * 40)]


def test_a_push_of_a_moment_ago_is_not_relied_on(world: World, no_git: list[Any]) -> None:
    """The next push may bear the same time: within a second everywhere, within an hour on GitLab."""
    age = timedelta(minutes=90) if world.kind == "gitlab" else timedelta(seconds=30)
    world.forge.repository("town/app", pushed=(world.model.now - age).strftime("%Y-%m-%dT%H:%M:%SZ"))
    known = markers(list(world.crawl()))
    world.model.now += timedelta(days=1)
    list(world.crawl(known=known))
    assert len(no_git) == 2
    known = markers(list(world.crawl(known=known)))
    no_git.clear()
    list(world.crawl(known=known))
    assert no_git == []


def test_a_renamed_repository_keeps_its_marker_and_names_its_old_address(
    world: World, no_git: list[Any]
) -> None:
    repository = world.forge.repository("town/old")
    known = markers(list(world.crawl()))
    world.forge.rename("town/old", "town/new")
    no_git.clear()
    events = list(world.crawl(known=known))
    end = closing(events)[world.url("town/new")]
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{world.forge.host}#{repository.id}", world.url("town/old"))
    assert no_git == []
    again = closing(list(world.crawl(known={**known, **markers(events)})))[world.url("town/new")]
    assert isinstance(again, Unchanged)
    assert again.aliases == (f"{world.forge.host}#{repository.id}",)


def test_an_address_that_somebody_else_has_now_is_no_alias(world: World, no_git: list[Any]) -> None:
    repository = world.forge.repository("town/app")
    known = markers(list(world.crawl()))
    world.forge.rename("town/app", "town/app-legacy")
    other = world.forge.repository("town/app")
    no_git.clear()
    ends = closing(list(world.crawl(known=known)))
    assert ends[world.url("town/app-legacy")].aliases == (f"{world.forge.host}#{repository.id}",)  # type: ignore[union-attr]
    new = ends[world.url("town/app")]
    assert isinstance(new, Crawled)
    assert new.aliases == (f"{world.forge.host}#{other.id}",)
    assert no_git == [(world.url("town/app"), "")]


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
    world: World, no_git: list[Any], fault: str | int, code: str
) -> None:
    for number in range(150):
        world.forge.repository(f"town/r{number:03}")
    world.model.faults.append(Fault(r"[?&]page=2", fault))
    came, error = until(world.crawl())
    assert isinstance(error, CrawlError)
    assert error.code == code
    assert len(closing(came)) == (50 if world.kind == "gitea" else 100)


@pytest.mark.parametrize("fault", [403, 500, "html", "truncated"])
def test_a_listing_that_never_begins_raises_at_once(
    world: World, no_git: list[Any], fault: str | int
) -> None:
    world.forge.repository("town/app")
    world.model.faults.append(Fault("town", fault))
    came, error = until(world.crawl())
    assert came == []
    assert isinstance(error, CrawlError)
    assert error.code != "no-such-owner"


def test_a_passing_fault_is_tried_again(world: World, no_git: list[Any]) -> None:
    world.forge.repository("town/app")
    world.model.faults.append(Fault("town", 502, times=2))
    assert len(closing(list(world.crawl(http=world.http(retries=3))))) == 1


@pytest.mark.parametrize(("form", "seconds"), [("retry-after", 900), ("remaining", 901), ("secondary", 60)])
def test_no_request_falls_into_the_time_a_forge_asks_to_wait(
    world: World, no_git: list[Any], form: str, seconds: int
) -> None:
    world.forge.repository("town/app")
    world.model.faults.append(Fault("town", form, seconds=900))
    http = world.http(retries=3)
    for _ in range(3):
        _, error = until(world.crawl(http=http))
        assert isinstance(error, CrawlError)
        assert error.code == "rate-limit"
        assert error.retry_at == pytest.approx(world.model.now.timestamp() + seconds, abs=1)
    assert len(world.asked) == 1
    world.model.faults.clear()
    world.clock.now += seconds + 1
    assert len(closing(list(world.crawl(http=http)))) == 1


def test_a_short_wait_is_waited(world: World, no_git: list[Any]) -> None:
    world.forge.repository("town/app")
    world.model.faults.append(Fault("town", "retry-after", seconds=7, times=1))
    assert len(closing(list(world.crawl(http=world.http(retries=1))))) == 1
    assert sum(world.clock.waits) == pytest.approx(7)


def test_one_repository_that_git_cannot_read_is_that_ones_failure(world: World) -> None:
    world.repository("town/good")
    world.forge.repository("town/lost")
    ends = closing(list(world.crawl()))
    assert isinstance(ends[world.url("town/good")], Crawled)
    lost = ends[world.url("town/lost")]
    assert isinstance(lost, Failed)
    assert lost.error.code == "not-found"


def test_a_name_that_is_no_path_fails_alone(world: World, no_git: list[Any]) -> None:
    world.forge.repository("town/..")
    world.forge.repository("town/app")
    ends = closing(list(world.crawl()))
    assert isinstance(ends.pop(world.url("town/app")), Crawled)
    (failed,) = ends.values()
    assert isinstance(failed, Failed)
    assert failed.error.code == "no-url"


def test_there_is_no_such_owner(world: World) -> None:
    with pytest.raises(CrawlError) as caught:
        list(world.crawl(world.url("nobody")))
    assert caught.value.code == "no-such-owner"


# A single repository


def test_a_single_repository_has_facts_and_files(world: World) -> None:
    repository = world.repository("town/app", description="Books rooms")
    events = list(world.crawl(world.url("town/app"), scope="repository"))
    assert facts(events, world.url("town/app"))["description"] == "Books rooms"
    assert len(world.asked) == 1
    world.forget()
    (record, end) = world.crawl(world.url("town/app"), scope="repository", known=markers(events))
    assert isinstance(record, SourceRecord)
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{world.forge.host}#{repository.id}",)
    assert (len(world.asked), sum(world.git.requests.values())) == (1, 0)


@pytest.mark.parametrize("fault", [403, 404, 500, "html", "truncated", "retry-after", "secondary", "slow"])
def test_a_single_repository_needs_no_forge(
    world: World, fault: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (github, gitlab, gitea):
        monkeypatch.setattr(module, "FACTS_SECONDS", 0.2)
    world.repository("town/app")
    known = markers(list(world.crawl(world.url("town/app"), scope="repository")))
    world.forget()
    world.model.faults.append(Fault("town", fault))
    http = world.http(retries=3)
    (end,) = world.crawl(world.url("town/app"), scope="repository", known=known, http=http)
    assert isinstance(end, Unchanged)
    assert len(world.server.log) <= 1
    assert world.clock.waits == []
    world.model.faults.clear()
    world.server.stopped.set()
    again = list(world.crawl(world.url("town/app"), scope="repository", known=markers([end])))
    assert facts(again, world.url("town/app"))["name"] == "app"
    assert isinstance(closing(again)[world.url("town/app")], Unchanged)


def test_a_single_repository_that_was_renamed(world: World) -> None:
    repository = world.repository("town/old")
    known = markers(list(world.crawl(world.url("town/old"), scope="repository")))
    world.forge.rename("town/old", "town/new")
    world.commit("town/new")
    events = list(world.crawl(world.url("town/old"), scope="repository", known=known))
    end = closing(events)[world.url("town/new")]
    assert isinstance(end, Unchanged)
    assert end.aliases == (f"{world.forge.host}#{repository.id}", world.url("town/old"))


def test_git_does_not_say_which_repository_of_a_forge_this_is(world: World) -> None:
    """Else a forge could give another forge's repository the facts it likes."""
    world.forge.repository("town/app")
    world.commit("town/other")
    host = world.forge.host
    world.git.renamed[f"{host}/town/app"] = f"{host}/town/other"
    events = list(world.crawl())
    assert list(closing(events)) == [world.url("town/app")]
    assert {type(end) for end in closing(list(world.crawl(known=markers(events)))).values()} == {Unchanged}


def test_a_private_repository_tells_nothing_even_to_a_token(world: World) -> None:
    world.forge.repository("town/hidden", private=True, description="secret")
    http = world.http(tokens={world.server.authority: "Bearer canary"})
    listed = list(world.crawl(http=http))
    assert listed == []
    (end,) = world.crawl(world.url("town/hidden"), scope="repository", http=http)
    assert isinstance(end, Failed)
    assert end.error.code == "not-found"


def test_a_forge_speaks_only_of_itself(
    world: World, no_git: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses of the repository at another host are left out; the repository is at the host that was asked."""
    world.forge.repository("town/app")
    module = {"github": github, "gitlab": gitlab, "gitea": gitea}[world.kind]
    real = module._repository

    def lying(data: Any, *rest: Any, **options: Any) -> Any:
        there = {"html_url": "https://elsewhere.example/x/y", "web_url": "https://elsewhere.example/x/y"}
        return real({**data, **there, "clone_url": "https://elsewhere.example/x/y.git"}, *rest, **options)

    monkeypatch.setattr(module, "_repository", lying)
    events = list(world.crawl())
    assert list(closing(events)) == [world.url("town/app")]
    assert "elsewhere" not in str(facts(events, world.url("town/app")))
