"""What each forge can be asked for beside an organisation: users, groups below groups, whole instances."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from github.Requester import Requester

from crawlers.faults import CrawlError
from crawlers.forges import github
from crawlers.source import Source, SourceRecord
from tests.crawlers.forges.conftest import World, closing, crawled, until
from tests.support.servers.forges import Fault

only = pytest.mark.parametrize


def test_a_user(world: World, no_git: list[Any]) -> None:
    world.forge.repository("somebody/app", owner="user")
    world.forge.repository("town/app")
    events = list(world.crawl(world.url("somebody"), scope="user"))
    assert list(closing(events)) == [world.url("somebody/app")]


@only("kind", ["gitlab"])
def test_a_group_includes_what_lies_below_it(world: World, no_git: list[Any]) -> None:
    for path in ("town/app", "town/it/web/app", "town/it/app", "townhall/app"):
        world.forge.repository(path)
    world.forge.shared["town"] = ["townhall/app"]
    assert list(closing(list(world.crawl()))) == [
        world.url(path) for path in ("town/app", "town/it/web/app", "town/it/app")
    ]
    assert list(closing(list(world.crawl(world.url("groups/town/it"))))) == [
        world.url("town/it/web/app"),
        world.url("town/it/app"),
    ]
    assert len(world.asked) == 2


@only("kind", ["gitlab", "gitea"])
def test_a_whole_instance(world: World, no_git: list[Any]) -> None:
    names = [f"{owner}/r{number:02}" for owner in ("town", "city", "somebody") for number in range(50)]
    for name in names:
        world.forge.repository(name, archived=name.endswith("7"))
    world.forge.repository("town/hidden", private=True)
    http = world.http(tokens={world.server.authority: "Bearer canary"})
    for events in (
        list(world.crawl(world.url(), scope="instance")),
        list(world.crawl(world.url(), scope="instance", http=http)),
    ):
        assert sorted(closing(events)) == sorted(world.url(name) for name in names)
        said = [msgspec.json.decode(event.content) for event in events if isinstance(event, SourceRecord)]
        assert sum(one["archived"] for one in said) == 15
    assert len(world.asked) == 2 * 3


@only("kind", ["gitlab"])
def test_an_instance_is_paged_by_id(world: World, no_git: list[Any]) -> None:
    """GitLab refuses high page numbers; a repository that is made or deleted meanwhile shifts nothing."""
    for number in range(150):
        world.forge.repository(f"town/r{number:03}")
    events = world.crawl(world.url(), scope="instance")
    for _ in range(20):
        next(events)
    del world.forge.repositories[:5]
    assert len(closing(list(events))) == 140
    assert any("id_after=100" in path for path in world.asked)
    assert not any("page=2" in path for path in world.asked)


@only("kind", ["github"])
def test_an_organisation_that_was_renamed(world: World, no_git: list[Any]) -> None:
    world.forge.repository("city/app")
    world.forge.moved_owners["town"] = "city"
    assert list(closing(list(world.crawl()))) == [world.url("city/app")]


@only("kind", ["github"])
def test_pygithub_asks_nothing_that_it_was_not_told_to(world: World, no_git: list[Any]) -> None:
    """Its own classes ask again for what a listing lacks, and keep what they connect with for everybody."""
    before = {name: value for name, value in vars(Requester).items() if "onnection" in name}
    for number in range(3):
        world.forge.repository(f"town/r{number}", parent="town/r0")
    list(world.crawl())
    assert len(world.asked) == 1
    assert "per_page=100" in world.asked[0]
    assert {name: value for name, value in vars(Requester).items() if "onnection" in name} == before


@only("kind", ["github"])
@only(
    "link",
    [
        '<https://elsewhere.example/orgs/town/repos?page=2>; rel="next"',
        '<https://uploads.github.com/orgs/town/repos?page=2>; rel="next"',
        '<https://api.github.com:8443/orgs/town/repos?page=2>; rel="next"',
    ],
)
def test_a_page_at_another_place_is_not_asked_for(
    world: World, no_git: list[Any], link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _links(monkeypatch, link)
    world.forge.repository("town/app")
    came, error = until(world.crawl())
    assert isinstance(error, CrawlError)
    assert error.code == "not-json"
    assert len(closing(came)) == 1
    assert len(world.asked) == 1


@only("kind", ["github"])
def test_pages_that_never_end_do_end(
    world: World, no_git: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _links(monkeypatch, '<https://api.github.com/orgs/town/repos?page=1>; rel="next"')
    world.forge.repository("town/app")
    came, error = until(world.crawl())
    assert isinstance(error, CrawlError)
    assert len(closing(came)) == 1
    assert len(world.asked) == 2


def _links(monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    real = github._checked

    def checked(response: Any) -> Any:
        response.headers["link"] = link
        return real(response)

    monkeypatch.setattr(github, "_checked", checked)


@only("kind", ["github"])
def test_only_github_is_github(world: World) -> None:
    with pytest.raises(CrawlError) as caught:
        list(crawled(Source(kind="github", url="https://github.example.org/town"), world.http()))
    assert caught.value.code == "unknown-forge"
    assert world.asked == []


@only("kind", ["github"])
@only("fault", [202, 204, 304])
def test_an_answer_that_is_no_page_is_none(
    world: World, no_git: list[Any], fault: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a 202 PyGithub would sleep and ask again."""
    monkeypatch.setattr("github.Requester.time.sleep", lambda seconds: pytest.fail("PyGithub sleeps"))
    world.model.faults.append(Fault("town", fault))
    _, error = until(world.crawl())
    assert isinstance(error, CrawlError)
    assert len(world.asked) == 1


def test_without_a_scope_the_forge_is_asked(world: World, no_git: list[Any]) -> None:
    world.forge.repository("town/app")
    world.forge.repository("somebody/app", owner="user")
    for path, expected in (("town", "town/app"), ("somebody", "somebody/app"), ("town/app", "town/app")):
        source = Source(kind=world.kind, url=world.url(path))
        assert list(closing(list(crawled(source, world.http())))) == [world.url(expected)]
