"""Which crawler reads which address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crawlers.faults import CrawlError
from crawlers.forges.registry import FORGES
from crawlers.net.http import Http, Policy
from crawlers.registry import recognise, source_for
from crawlers.source import Source
from tests.crawlers.conftest import Clock
from tests.crawlers.forges.conftest import ForgeSetup, closing, crawled
from tests.support.servers.forges import Fault, ForgeServer, Model, serve


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def server(model: Model) -> Iterator[ForgeServer]:
    for kind, host in (
        ("github", "github.com"),
        ("gitlab", "gitlab.com"),
        ("gitlab", "git.example.org"),
        ("gitea", "code.example.org"),
    ):
        forge = model.forge(kind, host)
        for path in ("town/app", "town/it/app") if kind == "gitlab" else ("town/app",):
            forge.repository(path)
        forge.repository("somebody/app", owner="user")
    with serve(model) as running:
        yield running


@pytest.fixture
def http(server: ForgeServer, clock: Clock) -> Iterator[Http]:
    elsewhere = ("https://plain.example.org/", f"{server.url}/nothing/")
    policy = Policy(
        allowed_private_hosts=server.hosts(),
        fetch_from=(*server.fetch_from(), elsewhere),
        requests_per_second=0,
        retries=0,
    )
    made = Http(policy, clock=clock, wait=clock.wait)
    yield made
    made.close()


def test_well_known_hosts_are_not_asked(http: Http) -> None:
    hosts: dict[str, str] = {}
    for forge in FORGES.values():
        hosts.update(dict.fromkeys(forge.hosts, forge.name))
    assert {"github.com", "gitlab.com", "codeberg.org", "gitlab.opencode.de"} <= set(hosts)
    for host, kind in hosts.items():
        assert recognise(f"https://{host}/town/app", http) == kind
        assert recognise(f"{host}/town", http) == kind
    assert recognise("git@github.com:town/app.git", http) == "github"
    assert http.requests == 0


@pytest.mark.parametrize(
    ("host", "kind", "requests"),
    [
        ("git.example.org", "gitlab", 1),
        ("code.example.org", "gitea", 2),
        ("plain.example.org", "repository", sum(bool(forge.version_path) for forge in FORGES.values())),
    ],
)
def test_other_hosts_show_what_they_are(http: Http, host: str, kind: str, requests: int) -> None:
    assert recognise(f"https://{host}/town/app", http) == kind
    assert http.requests == requests


@pytest.mark.parametrize("fault", [500, "html", "short", 403, 404])
def test_a_host_that_answers_badly_is_taken_for_a_git_server(
    http: Http, model: Model, fault: str | int
) -> None:
    model.faults.append(Fault("version", fault))
    assert recognise("https://git.example.org/town/app", http) == "repository"


def test_a_gitlab_that_tells_its_version(server: ForgeServer, clock: Clock) -> None:
    policy = Policy(
        allowed_private_hosts=server.hosts(),
        fetch_from=server.fetch_from(),
        tokens={server.authority: "Bearer x"},
        requests_per_second=0,
    )
    assert (
        recognise("https://git.example.org/town/app", Http(policy, clock=clock, wait=clock.wait)) == "gitlab"
    )


def test_a_host_that_wants_us_to_wait_is_not_guessed_at(http: Http, model: Model) -> None:
    model.faults.append(Fault("version", "retry-after", seconds=600))
    with pytest.raises(CrawlError) as caught:
        recognise("https://git.example.org/town/app", http)
    assert caught.value.code == "rate-limit"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/town/app",
        "https://nowhere.example/town",
        "ftp://github.com/a/b",
        "https://u:p@github.com/a",
    ],
)
def test_what_may_not_or_cannot_be_asked_says_so(http: Http, url: str) -> None:
    with pytest.raises(CrawlError) as caught:
        source_for(url, http)
    assert caught.value.code in ("forbidden-address", "unknown-host", "not-https", "credentials")


@pytest.mark.parametrize(
    ("url", "kind", "address", "scope"),
    [
        ("github.com/town", "github", "https://github.com/town", "organisation"),
        ("https://github.com/orgs/town", "github", "https://github.com/town", "organisation"),
        ("https://www.github.com/somebody?tab=repositories", "github", "https://github.com/somebody", "user"),
        ("http://github.com/Town/App/tree/main/docs", "github", "https://github.com/town/app", "repository"),
        ("git@github.com:town/app.git", "github", "https://github.com/town/app", "repository"),
        ("https://gitlab.com", "gitlab", "https://gitlab.com/", "instance"),
        ("https://gitlab.com/explore/projects", "gitlab", "https://gitlab.com/", "instance"),
        ("https://gitlab.com/town", "gitlab", "https://gitlab.com/town", "group"),
        ("https://gitlab.com/groups/town/it", "gitlab", "https://gitlab.com/town/it", "group"),
        ("https://gitlab.com/town/it", "gitlab", "https://gitlab.com/town/it", "group"),
        (
            "https://gitlab.com/town/it/app/-/tree/main",
            "gitlab",
            "https://gitlab.com/town/it/app",
            "repository",
        ),
        ("https://gitlab.com/town/app", "gitlab", "https://gitlab.com/town/app", "repository"),
        ("https://gitlab.com/town/unknown", "gitlab", "https://gitlab.com/town/unknown", "repository"),
        ("https://gitlab.com/somebody", "gitlab", "https://gitlab.com/somebody", "user"),
        ("https://gitlab.com/users/somebody", "gitlab", "https://gitlab.com/somebody", "user"),
        ("https://code.example.org/", "gitea", "https://code.example.org/", "instance"),
        ("https://code.example.org/explore/repos", "gitea", "https://code.example.org/", "instance"),
        ("https://code.example.org/town", "gitea", "https://code.example.org/town", "organisation"),
        ("https://code.example.org/org/town", "gitea", "https://code.example.org/town", "organisation"),
        ("https://code.example.org/somebody", "gitea", "https://code.example.org/somebody", "user"),
        ("https://code.example.org/town/app.git", "gitea", "https://code.example.org/town/app", "repository"),
        ("https://plain.example.org/git/app.git", "repository", "https://plain.example.org/git/app", ""),
    ],
)
def test_an_address_means_one_source(http: Http, url: str, kind: str, address: str, scope: str) -> None:
    source = source_for(url, http)
    assert source == Source(kind=kind, url=address, options={"scope": scope} if scope else {})
    assert source_for(source.url, http) == source


@pytest.mark.parametrize("fault", [403, 500, "html"])
def test_a_gitlab_that_does_not_answer_takes_a_long_address_for_a_project(
    http: Http, model: Model, fault: str | int
) -> None:
    model.faults.append(Fault("projects|groups", fault))
    assert source_for("https://gitlab.com/town/app", http).options == {"scope": "repository"}


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/",
        "https://github.com/nobody",
        "https://gitlab.com/nobody",
        "https://gitlab.com/groups/nobody",
        "https://code.example.org/nobody",
    ],
)
def test_nobody_is_there(http: Http, url: str) -> None:
    with pytest.raises(CrawlError) as caught:
        source_for(url, http)
    assert caught.value.code == "no-such-owner"


def test_a_host_that_is_no_forge_has_no_listing(http: Http) -> None:
    with pytest.raises(CrawlError) as caught:
        source_for("https://plain.example.org/", http)
    assert caught.value.code == "unknown-forge"


def test_what_is_meant_can_be_crawled(setup: ForgeSetup, no_git: list[Any]) -> None:
    """From an address as people write it to the events."""
    setup.forge.repository("town/app")
    http = setup.http()
    source = source_for(f"https://{setup.forge.host}/town", http)
    events = list(crawled(source, http))
    assert [event.repository for event in events] == [setup.url("town/app")] * 2


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
@pytest.mark.parametrize("path", ["", "town", "town/app"])
def test_a_forge_inside_an_organisation(setup: ForgeSetup, no_git: list[Any], path: str) -> None:
    """Without TLS, at a port of its own.

    Its repositories are known under that address, whatever it calls itself.
    """
    repository = setup.forge.repository("town/app")
    http = setup.http(fetch_from=())
    source = source_for(f"{setup.server.url}/{path}", http)
    events = list(crawled(source, http))
    assert source.kind == setup.kind
    assert [event.repository for event in events] == [f"{setup.server.url}/town/app"] * 2
    assert closing(events)[f"{setup.server.url}/town/app"].aliases == (
        f"{setup.server.authority}#{repository.id}",
    )  # type: ignore[union-attr]
