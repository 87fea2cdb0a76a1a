"""What each forge can be asked for beside an organisation: users, groups below groups, whole instances."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
import pytest
from github.Requester import Requester

from crawlers.faults import CrawlError
from crawlers.forges import github
from crawlers.source import Source, SourceRecord
from tests.crawlers.forges.conftest import ForgeSetup, closing, crawled, until
from tests.support.servers.forges import Fault

only = pytest.mark.parametrize


def test_a_user(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("somebody/app", owner="user")
    setup.forge.repository("town/app")
    events = list(setup.crawl(setup.url("somebody"), scope="user"))
    assert list(closing(events)) == [setup.url("somebody/app")]


@only("kind", ["gitlab"])
def test_a_group_includes_what_lies_below_it(setup: ForgeSetup, no_git: list[Any]) -> None:
    for path in ("town/app", "town/it/web/app", "town/it/app", "townhall/app"):
        setup.forge.repository(path)
    setup.forge.shared["town"] = ["townhall/app"]
    assert list(closing(list(setup.crawl()))) == [
        setup.url(path) for path in ("town/app", "town/it/web/app", "town/it/app")
    ]
    assert list(closing(list(setup.crawl(setup.url("groups/town/it"))))) == [
        setup.url("town/it/web/app"),
        setup.url("town/it/app"),
    ]
    assert len(setup.asked) == 2


@only("kind", ["gitlab", "gitea"])
def test_a_whole_instance(setup: ForgeSetup, no_git: list[Any]) -> None:
    owners = ("town", "city", "somebody")
    names = [f"{owner}/r{number:02}" for owner, number in product(owners, range(50))]
    for name in names:
        setup.forge.repository(name, archived=name.endswith("7"))
    setup.forge.repository("town/hidden", private=True)
    http = setup.http(tokens={setup.server.authority: "Bearer canary"})
    for events in (
        list(setup.crawl(setup.url(), scope="instance")),
        list(setup.crawl(setup.url(), scope="instance", http=http)),
    ):
        assert sorted(closing(events)) == sorted(setup.url(name) for name in names)
        said = [msgspec.json.decode(event.content) for event in events if isinstance(event, SourceRecord)]
        assert sum(one["archived"] for one in said) == 15
    assert len(setup.asked) == 2 * 3


@only("kind", ["gitlab"])
def test_an_instance_is_paged_by_id(setup: ForgeSetup, no_git: list[Any]) -> None:
    """GitLab refuses high page numbers; a repository that is made or deleted meanwhile shifts nothing."""
    for number in range(150):
        setup.forge.repository(f"town/r{number:03}")
    events = setup.crawl(setup.url(), scope="instance")
    for _ in range(20):
        next(events)
    del setup.forge.repositories[:5]
    assert len(closing(list(events))) == 140
    assert any("id_after=100" in path for path in setup.asked)
    assert not any("page=2" in path for path in setup.asked)


@only("kind", ["github"])
def test_an_organisation_that_was_renamed(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("city/app")
    setup.forge.moved_owners["town"] = "city"
    assert list(closing(list(setup.crawl()))) == [setup.url("city/app")]


@only("kind", ["github"])
def test_pygithub_asks_nothing_that_it_was_not_told_to(setup: ForgeSetup, no_git: list[Any]) -> None:
    """Its own classes ask again for what a listing lacks, and keep what they connect with for everybody."""
    before = {name: value for name, value in vars(Requester).items() if "onnection" in name}
    for number in range(3):
        setup.forge.repository(f"town/r{number}", parent="town/r0")
    list(setup.crawl())
    assert len(setup.asked) == 1
    assert "per_page=100" in setup.asked[0]
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
    setup: ForgeSetup, no_git: list[Any], link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _links(monkeypatch, link)
    setup.forge.repository("town/app")
    came, error = until(setup.crawl())
    assert isinstance(error, CrawlError)
    assert error.code == "not-json"
    assert len(closing(came)) == 1
    assert len(setup.asked) == 1


@only("kind", ["github"])
def test_pages_that_never_end_do_end(
    setup: ForgeSetup, no_git: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _links(monkeypatch, '<https://api.github.com/orgs/town/repos?page=1>; rel="next"')
    setup.forge.repository("town/app")
    came, error = until(setup.crawl())
    assert isinstance(error, CrawlError)
    assert len(closing(came)) == 1
    assert len(setup.asked) == 2


def _links(monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    real = github._checked

    def checked(response: Any) -> Any:
        response.headers["link"] = link
        return real(response)

    monkeypatch.setattr(github, "_checked", checked)


@only("kind", ["github"])
def test_only_github_is_github(setup: ForgeSetup) -> None:
    with pytest.raises(CrawlError) as caught:
        list(crawled(Source(kind="github", url="https://github.example.org/town"), setup.http()))
    assert caught.value.code == "unknown-forge"
    assert setup.asked == []


@only("kind", ["github"])
@only("fault", [202, 204, 304])
def test_an_answer_that_is_no_page_is_none(
    setup: ForgeSetup, no_git: list[Any], fault: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a 202 PyGithub would sleep and ask again."""
    monkeypatch.setattr("github.Requester.time.sleep", lambda seconds: pytest.fail("PyGithub sleeps"))
    setup.model.faults.append(Fault("town", fault))
    _, error = until(setup.crawl())
    assert isinstance(error, CrawlError)
    assert len(setup.asked) == 1


def test_without_a_scope_the_forge_is_asked(setup: ForgeSetup, no_git: list[Any]) -> None:
    setup.forge.repository("town/app")
    setup.forge.repository("somebody/app", owner="user")
    for path, expected in (("town", "town/app"), ("somebody", "somebody/app"), ("town/app", "town/app")):
        source = Source(kind=setup.kind, url=setup.url(path))
        assert list(closing(list(crawled(source, setup.http())))) == [setup.url(expected)]
