"""A server that keeps no promise costs a bounded time, a bounded memory, and one clear error."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.net.http import Http, Policy
from tests.crawlers.conftest import Clock
from tests.support.servers import misbehaving
from tests.support.servers.misbehaving import MisbehavingServer, answer

DEADLINE = 0.25

SLOW = [name for name in misbehaving.BEHAVIOURS if name.startswith(("slow", "silence"))]
FAST = {
    "endless-body": {"too-large"},
    "endless-chunks": {"too-large"},
    "endless-error-page": {"not-found"},
    "endless-header": {"unreachable"},
    "endless-headers": {"unreachable"},
    "bomb": {"too-large"},
    "bomb-in-an-error": {"not-found"},
    "chained": {"encoding"},
    "chained-in-two-lines": {"encoding"},
    "brotli": {"encoding"},
    "deflate": {"encoding"},
    "no-gzip": {"encoding"},
    "short": {"truncated"},
    "cut-chunk": {"truncated"},
    "cut-gzip": {"truncated"},
    "bad-chunk": {"truncated"},
    "two-lengths": {"unreachable", "truncated"},
    "no-http": {"unreachable"},
    "nothing": {"unreachable"},
    "bad-status": {"unreachable"},
}


@pytest.fixture
def http(misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]) -> Http:
    return make_http(misbehaving_server)


def test_every_behaviour_is_tried() -> None:
    assert {*SLOW, *FAST} == set(misbehaving.BEHAVIOURS)


@pytest.mark.parametrize("behaviour", SLOW)
def test_who_drips_is_left_at_the_deadline(
    behaviour: str, misbehaving_server: MisbehavingServer, http: Http
) -> None:
    began = time.monotonic()
    with pytest.raises(CrawlError) as failed:
        http.get(f"{misbehaving_server.url}/{behaviour}", deadline=DEADLINE)
    assert failed.value.code == "timeout"
    assert DEADLINE * 0.9 <= time.monotonic() - began < DEADLINE + 1
    assert misbehaving_server.hits[f"/{behaviour}"] == 1  # and not asked again


@pytest.mark.parametrize("behaviour", FAST)
def test_who_lies_is_found_out(behaviour: str, misbehaving_server: MisbehavingServer, http: Http) -> None:
    streamed = misbehaving_server.streamed
    tracemalloc.start()
    try:
        with pytest.raises(CrawlError) as failed:
            http.get(f"{misbehaving_server.url}/{behaviour}", limit=1_000_000, deadline=10.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert failed.value.code in FAST[behaviour]
    assert peak < 20_000_000
    assert misbehaving_server.hits[f"/{behaviour}"] == 1
    assert (misbehaving_server.streamed > streamed) == behaviour.startswith("endless")


@pytest.mark.parametrize("behaviour", ["slow-body", "slow-header", "bomb", "short", "chained"])
def test_a_library_behind_the_session_is_protected_as_well(
    behaviour: str, misbehaving_server: MisbehavingServer, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawlers.net.http.DEADLINE", DEADLINE)
    with pytest.raises(CrawlError):
        http.session(misbehaving_server.url).get(f"{misbehaving_server.url}/{behaviour}")


def test_the_session_gives_answers_as_they_are(misbehaving_server: MisbehavingServer, http: Http) -> None:
    session = http.session(misbehaving_server.url)
    misbehaving_server.answers["/json"] = [
        answer(200, "Content-Type: application/json; charset=utf-8", content='{"a": "ä"}'.encode())
    ]
    misbehaving_server.answers["/packed"] = [
        answer(200, "Content-Encoding: gzip", content=gzip.compress(b"x" * 1000))
    ]
    misbehaving_server.answers["/moved"] = [answer(301, "Location: /json")]
    misbehaving_server.answers["/echo"] = [answer(201)]
    assert session.get(f"{misbehaving_server.url}/json").json() == {"a": "ä"}
    assert session.get(f"{misbehaving_server.url}/packed").text == "x" * 1000
    assert session.get(f"{misbehaving_server.url}/missing").status_code == 404
    assert (
        session.get(f"{misbehaving_server.url}/moved", allow_redirects=False).headers["location"]
        == f"{misbehaving_server.url}/json"
    )
    assert session.get(f"{misbehaving_server.url}/moved").json() == {"a": "ä"}
    assert session.post(f"{misbehaving_server.url}/echo", json={"a": 1}).status_code == 201
    assert b"user-agent: allmende/" in misbehaving_server.heads[-1].lower()


def test_an_answer_is_reported_with_its_names(misbehaving_server: MisbehavingServer, http: Http) -> None:
    misbehaving_server.answers["/a"] = [
        answer(200, "X-Some-Header: Value", "Link: <b>; rel=next", content=b"[1]")
    ]
    response = http.get(f"{misbehaving_server.url}/a")
    assert response.headers["x-some-header"] == "Value"
    assert response.json() == [1]


@pytest.mark.parametrize("content", [b"<html>", b"[" * 100_000, b"NaN", b'"\xff"', b"", b'{"a":'])
def test_what_is_not_json_is_our_error(
    content: bytes, misbehaving_server: MisbehavingServer, http: Http
) -> None:
    misbehaving_server.answers["/json"] = [answer(200, content=content)]
    with pytest.raises(CrawlError) as failed:
        http.get(f"{misbehaving_server.url}/json").json()
    assert failed.value.code == "not-json"


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "not-found"), (410, "gone"), (401, "refused"), (403, "refused"), (304, "refused")],
)
def test_a_status_is_an_error_with_its_number(
    status: int, code: str, misbehaving_server: MisbehavingServer, http: Http
) -> None:
    misbehaving_server.answers["/x"] = [answer(status)]
    with pytest.raises(CrawlError) as failed:
        http.get(f"{misbehaving_server.url}/x")
    assert (failed.value.code, failed.value.status) == (code, status)


def test_not_modified_is_an_answer_to_an_etag(misbehaving_server: MisbehavingServer, http: Http) -> None:
    misbehaving_server.answers["/x"] = [answer(304)]
    assert http.get(f"{misbehaving_server.url}/x", etag='"abc"').status == 304
    assert b'If-None-Match: "abc"' in misbehaving_server.heads[-1]


def test_redirects_end_after_three(misbehaving_server: MisbehavingServer, http: Http) -> None:
    for number in range(6):
        misbehaving_server.answers[f"/hop{number}"] = [answer(302, f"Location: /hop{number + 1}")]
    misbehaving_server.answers["/loop"] = [answer(302, "Location: /loop")]
    misbehaving_server.answers["/hop3"] = [answer(200)]
    response = http.get(f"{misbehaving_server.url}/hop0")
    assert response.final_url == f"{misbehaving_server.url}/hop3"
    misbehaving_server.answers["/hop3"] = [answer(302, "Location: /hop4")]
    for path in ("hop0", "loop"):
        with pytest.raises(CrawlError) as failed:
            http.get(f"{misbehaving_server.url}/{path}")
        assert failed.value.code == "redirects"
    assert misbehaving_server.hits["/loop"] == 4
    with pytest.raises(CrawlError):
        http.post(f"{misbehaving_server.url}/hop0", content=b"x")


def test_a_question_that_is_redirected_is_asked_again_whole(
    misbehaving_server: MisbehavingServer, http: Http
) -> None:
    misbehaving_server.answers["/old"] = [answer(301, "Location: /new")]
    misbehaving_server.answers["/new"] = [answer(200)]
    http.post(f"{misbehaving_server.url}/old", content=b"question", redirects=True)
    assert misbehaving_server.heads[-1].startswith(b"POST /new ")
    assert b"Content-Length: 8" in misbehaving_server.heads[-1]
    misbehaving_server.answers["/old"] = [answer(303, "Location: /new")]
    http.post(f"{misbehaving_server.url}/old", content=b"question", redirects=True)
    assert misbehaving_server.heads[-1].startswith(b"GET /new ")


def test_connections_are_kept_and_only_sound_ones(misbehaving_server: MisbehavingServer, http: Http) -> None:
    misbehaving_server.answers["/x"] = [answer(200, content=b"x")]
    before = misbehaving_server.accepted
    for _ in range(5):
        http.get(f"{misbehaving_server.url}/x")
    assert misbehaving_server.accepted == before + 1
    misbehaving_server.answers["/long"] = [answer(200, content=b"12345") + answer(200, content=b"stray")]
    assert http.get(f"{misbehaving_server.url}/long").content == b"12345"
    assert http.get(f"{misbehaving_server.url}/x").content == b"x"


def test_requests_and_bytes_are_counted(misbehaving_server: MisbehavingServer, http: Http) -> None:
    misbehaving_server.answers["/x"] = [said := answer(200, content=b"x" * 1000)]
    http.get(f"{misbehaving_server.url}/x")
    assert http.requests == 1
    assert http.bytes == pytest.approx(len(said) + len(misbehaving_server.heads[-1]) + 4, abs=40)
    misbehaving_server.answers["/packed"] = [
        answer(200, "Content-Encoding: gzip", content=gzip.compress(b"x" * 100_000))
    ]
    http.get(f"{misbehaving_server.url}/packed")
    assert http.bytes < 3000
    http.count(requests=2, bytes=10_000)
    assert http.requests == 4
    assert http.bytes > 10_000


def test_who_asks_says_so(misbehaving_server: MisbehavingServer, http: Http) -> None:
    misbehaving_server.answers["/x"] = [answer(200)]
    http.get(f"{misbehaving_server.url}/x")
    assert b"User-Agent: Allmende/" in misbehaving_server.heads[-1]
    assert b"+https://" in misbehaving_server.heads[-1]
    assert b"Accept-Encoding: gzip\r\n" in misbehaving_server.heads[-1] + b"\r\n"


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.booleans())
def test_what_is_sent_packed_arrives_unpacked(pieces: list[bytes], packed: bool) -> None:
    """Also of several members one after the other; over a real connection."""
    content = b"".join(gzip.compress(piece) for piece in pieces) if packed else b"".join(pieces)
    SERVER.answers["/x"] = [answer(200, *(["Content-Encoding: gzip"] if packed else []), content=content)]
    assert HTTP.get(f"{SERVER.url}/x").content == b"".join(pieces)


@given(st.binary(max_size=200))
def test_whatever_a_server_sends_is_an_answer_or_our_error(said: bytes) -> None:
    def send(connection: object) -> None:
        connection.sendall(said)  # type: ignore[attr-defined]

    SERVER.answers["/x"] = [send]
    for begun in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        said = begun + said
        try:
            HTTP.get(f"{SERVER.url}/x", deadline=5.0)
        except CrawlError as error:
            code = error.code
        else:
            continue
        assert code in POSSIBLE


POSSIBLE = {"unreachable", "truncated", "refused", "encoding", "redirects", "no-url", "not-found"}
SERVER: MisbehavingServer
HTTP: Http


@pytest.fixture(autouse=True, scope="module")
def _for_properties(misbehaving_server: MisbehavingServer) -> Iterator[None]:
    global SERVER, HTTP
    clock = Clock()
    SERVER = misbehaving_server
    HTTP = Http(
        Policy(allowed_private_hosts=(misbehaving_server.authority,), requests_per_second=0, retries=0),
        clock=clock,
        wait=clock.wait,
    )
    yield
    HTTP.close()


def test_a_kept_connection_that_the_host_has_closed_is_no_fault(
    misbehaving_server: MisbehavingServer, http: Http
) -> None:
    """It answers and closes without a word, each time; no retry is allowed here."""
    misbehaving_server.answers["/x"] = [lambda connection: connection.sendall(answer(200, content=b"x"))]
    for _ in range(30):
        assert http.get(f"{misbehaving_server.url}/x").content == b"x"
