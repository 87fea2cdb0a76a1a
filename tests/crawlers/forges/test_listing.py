"""Pages, facts and markers, whatever a server sends."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.forges import listing, markers
from crawlers.forges.markers import KnownMarkers, Marker
from crawlers.net.http import Http, Policy, Response
from tests.support.servers.forges import Model, serve

WORDS = st.text(st.characters(categories=("L", "N", "P"), exclude_characters=" "), min_size=1).filter(
    lambda word: word != "-"
)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


class Canned:
    """An Http that answers from a list."""

    def __init__(self, *answers: tuple[Any, dict[str, str]]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def get(self, url: str, **_: Any) -> Response:
        self.asked.append(url)
        content, headers = self.answers.pop(0)
        return Response(
            url=url, final_url=url, status=200, headers=headers, content=msgspec.json.encode(content)
        )


def pages(
    canned: Canned, *, url: str = "https://x.example/api?page=1&limit=2", key: str = ""
) -> list[list[dict[str, Any]]]:
    return [page for page, _ in listing.pages(url, cast(Http, canned), key=key)]


def test_examples_in_the_documentation() -> None:
    for module in (listing, markers):
        tried = doctest.testmod(module)
        assert tried.attempted > 0
        assert tried.failed == 0


@pytest.mark.parametrize(
    "headers",
    [
        {
            "link": '<https://x.example/api?page=2&limit=2>; rel="next",'
            '<https://x.example/api?page=9>; rel="last"'
        },
        {"link": '<https://x.example/api?page=9>; rel="last", </other?page=2&limit=2>;rel=next'},
        {"link": '<//evil.example/steal?page=2&limit=2>; title="a"; rel=\'x\'; REL="next"'},
        {"x-next-page": "2"},
        {"x-total-count": "3"},
    ],
)
def test_the_next_page_is_asked_for_at_the_same_place(headers: dict[str, str]) -> None:
    canned = Canned(
        ([{"id": 1}, {"id": 2}], headers), ([{"id": 3}], {"x-total-count": "3", "x-next-page": ""})
    )
    assert pages(canned) == [[{"id": 1}, {"id": 2}], [{"id": 3}]]
    assert canned.asked == ["https://x.example/api?page=1&limit=2", "https://x.example/api?page=2&limit=2"]


def test_a_total_that_is_never_reached_ends_with_an_empty_page() -> None:
    canned = Canned(([{"id": 1}], {"x-total-count": "9"}), ([], {"x-total-count": "9"}))
    assert pages(canned) == [[{"id": 1}], []]


def test_pages_that_lead_back_are_an_error() -> None:
    link = {"link": '<https://x.example/api?page=1&limit=2>; rel="next"'}
    with pytest.raises(CrawlError):
        pages(Canned(([{"id": 1}], link), ([{"id": 2}], link)))


def test_pages_without_end_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 3)
    answers = [([{"id": number}], {"x-next-page": str(number)}) for number in range(2, 9)]
    canned = Canned(*answers)
    with pytest.raises(CrawlError) as caught:
        pages(canned)
    assert caught.value.code == "truncated"
    assert len(canned.asked) == 3


@given(JSON, st.sampled_from(["", "data"]))
def test_a_page_is_a_list_of_objects_or_an_error(answer: Any, key: str) -> None:
    wanted = answer.get(key) if key and isinstance(answer, dict) else answer
    if isinstance(wanted, list) and all(isinstance(item, dict) for item in wanted):
        assert pages(Canned((answer, {})), key=key) == [wanted]
    else:
        with pytest.raises(CrawlError) as caught:
            pages(Canned((answer, {})), key=key)
        assert caught.value.code == "not-json"


@given(st.text(), st.text(), st.text(), st.text())
def test_no_header_makes_it_stumble(link: str, number: str, total: str, date: str) -> None:
    headers = (
        {"link": link, "date": date}
        if link
        else {"x-next-page": number, "x-total-count": total, "date": date}
    )
    canned = Canned(([{"id": 1}], headers), *[([], {})] * 3)
    assert pages(canned)[0] == [{"id": 1}]
    assert all(url.startswith("https://x.example/api?") for url in canned.asked)


@given(WORDS | st.just(""), WORDS | st.just(""), WORDS | st.just(""))
def test_a_marker_comes_back(state: str, commit: str, identifier: str) -> None:
    marker = Marker(state, commit, identifier)
    assert Marker.read(str(marker)) == marker


@given(st.text())
def test_any_marker_can_be_read(text: str) -> None:
    assert isinstance(Marker.read(text), Marker)


@given(st.dictionaries(st.sampled_from(["id", "name", "owner", "license", "stars"]), JSON))
def test_facts_are_few_and_plain_whatever_was_sent(data: dict[str, Any]) -> None:
    facts = listing.selected_facts(data, ("id", "name", "owner.login", "license.key"), activity=("stars",))
    assert facts.keys() <= {"id", "name", "owner", "license", "activity"}
    assert msgspec.json.encode(facts, order="sorted")
    for value in (*facts.values(), *facts.get("owner", {}).values()):
        assert value not in (None, "", [], {})


@given(st.one_of(JSON, st.datetimes().map(str), st.datetimes(timezones=st.just(UTC)).map(str)), JSON)
def test_a_state_is_one_word_and_old(pushed: Any, branch: Any) -> None:
    text = listing.state(pushed, branch, now=NOW, settled=timedelta(hours=2))
    assert len(text.split()) <= 1
    if text:
        assert datetime.fromisoformat(pushed) <= NOW - timedelta(hours=2)


def test_a_marker_is_that_of_the_same_repository() -> None:
    known = KnownMarkers(
        {
            "https://x.example/a": "s c1 1",
            "https://x.example/b": "c2",
            "https://x.example/moved": "t c3 4",
            "https://y.example/a": "s c9 1",
        },
        origin="https://x.example",
    )
    assert known.marker("https://x.example/a", id="1").commit == "c1"
    assert known.marker("https://x.example/a", id="2").commit == ""
    assert known.marker("https://x.example/b", id="2").commit == "c2"
    assert known.marker("https://x.example/here", id="4").commit == "c3"
    assert known.former_addresses("https://x.example/here", id="4") == ["https://x.example/moved"]
    assert known.former_addresses("https://x.example/moved", id="4") == []


# The server of these tests is held to what is documented


def test_the_server_honours_etags() -> None:
    model = Model()
    model.forge("github", "github.com").repository("town/app")
    with serve(model) as server:
        http = Http(
            Policy(
                allowed_private_hosts=server.hosts(), fetch_from=server.fetch_from(), requests_per_second=0
            )
        )
        first = http.get("https://api.github.com/orgs/town/repos")
        again = http.get("https://api.github.com/orgs/town/repos", etag=first.headers["etag"])
        assert (again.status, again.content) == (304, b"")
        model.forges[0].repositories[0].stars += 1
        assert http.get("https://api.github.com/orgs/town/repos", etag=first.headers["etag"]).status == 200
        http.close()
