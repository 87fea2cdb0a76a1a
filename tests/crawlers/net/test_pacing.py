"""The pace of requests: no request while a host has asked to wait, few retries, a breaker.

On the test's own clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.net.http import Http, Policy
from crawlers.net.pacing import FAILURES, LONGEST_WAIT, OPEN_SECONDS, SECONDARY_SECONDS, Host, wait_of_answer
from tests.crawlers.conftest import Clock
from tests.support.servers.misbehaving import MisbehavingServer, answer

OK = answer(200, content=b"ok")


class TimedAnswers:
    """Notes when each request reaches the server, by the test's clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.times = clock, list[float]()

    def answers(self, *said: bytes) -> list[Any]:
        def one(content: bytes) -> Callable[[Any], None]:
            def send(connection: Any) -> None:
                self.times.append(self.clock())
                connection.sendall(content)

            return send

        return [one(content) for content in said]


@pytest.fixture
def timed(clock: Clock) -> TimedAnswers:
    return TimedAnswers(clock)


# Waiting as asked


def forms(clock: Clock, seconds: int) -> dict[str, bytes]:
    """The forms in which forges ask to wait that long."""
    reset = f"X-RateLimit-Reset: {int(clock()) + seconds}"
    return {
        "retry-after 429": answer(429, f"Retry-After: {seconds}"),
        "retry-after 403": answer(403, f"Retry-After: {seconds}"),
        "retry-after 503": answer(503, f"Retry-After: {seconds}"),
        "retry-after as a date": answer(
            429,
            f"Retry-After: {formatdate(clock() + seconds, usegmt=True)}",
            f"Date: {formatdate(clock(), usegmt=True)}",
        ),
        "primary 403": answer(403, "X-RateLimit-Remaining: 0", reset),
        "primary 429": answer(429, "X-RateLimit-Remaining: 0", reset),
        "primary, without capitals": answer(403, "x-ratelimit-remaining: 0", reset.lower()),
        "primary, of GitLab": answer(
            429, "RateLimit-Remaining: 0", f"RateLimit-Reset: {int(clock()) + seconds}"
        ),
        "primary, a clock a year ahead": answer(
            403,
            "X-RateLimit-Remaining: 0",
            f"X-RateLimit-Reset: {int(clock()) + 31_536_000 + seconds}",
            f"Date: {formatdate(clock() + 31_536_000, usegmt=True)}",
        ),
    }


FORMS = list(forms(Clock(), 1))


@pytest.mark.parametrize("form", FORMS)
def test_no_request_is_sent_inside_the_time_a_host_has_asked_for(
    form: str,
    misbehaving_server: MisbehavingServer,
    make_http: Callable[..., Http],
    clock: Clock,
    timed: TimedAnswers,
) -> None:
    misbehaving_server.answers["/x"] = timed.answers(forms(clock, 10)[form], OK)
    assert make_http(misbehaving_server, retries=1).get(f"{misbehaving_server.url}/x").content == b"ok"
    asked, again = timed.times
    assert 10 <= again - asked <= 12


@pytest.mark.parametrize("form", FORMS)
def test_a_longer_wait_is_an_error_that_says_until_when(
    form: str,
    misbehaving_server: MisbehavingServer,
    make_http: Callable[..., Http],
    clock: Clock,
    timed: TimedAnswers,
) -> None:
    http = make_http(misbehaving_server, retries=3)
    misbehaving_server.answers["/x"] = timed.answers(forms(clock, 3000)[form], OK)
    misbehaving_server.answers["/y"] = timed.answers(OK)
    for path in ("/x", "/x", "/y"):
        with pytest.raises(CrawlError) as failed:
            http.get(f"{misbehaving_server.url}{path}")
        assert failed.value.code == "rate-limit"
        assert 3000 <= failed.value.retry_at - clock() <= 3002
        with pytest.raises(CrawlError):
            http.session(misbehaving_server.url).get(f"{misbehaving_server.url}{path}")
    assert len(timed.times) == 1
    clock.wait(3002)
    assert http.get(f"{misbehaving_server.url}/y").content == b"ok"


@pytest.mark.parametrize(
    "said",
    [
        answer(429),
        answer(403, content=b'{"message": "You have exceeded a secondary rate limit."}'),
        answer(403, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1"),
        answer(429, "Retry-After: soon"),
        answer(403, "X-RateLimit-Remaining: 0", content=b"API rate limit exceeded"),
    ],
)
def test_a_limit_without_a_time_costs_a_minute_then_two_then_four(
    said: bytes,
    misbehaving_server: MisbehavingServer,
    make_http: Callable[..., Http],
    clock: Clock,
    timed: TimedAnswers,
) -> None:
    http = make_http(misbehaving_server, retries=4, patience=10_000.0)
    misbehaving_server.answers["/x"] = timed.answers(said, said, said, OK, said, OK)
    http.get(f"{misbehaving_server.url}/x")
    first, second, third, fourth = timed.times
    assert (second - first, third - second, fourth - third) == (
        SECONDARY_SECONDS,
        2 * SECONDARY_SECONDS,
        4 * SECONDARY_SECONDS,
    )
    http.get(f"{misbehaving_server.url}/x")
    assert timed.times[5] - timed.times[4] == SECONDARY_SECONDS  # an answer in between begins anew


def test_a_plain_refusal_is_no_rate_limit(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    misbehaving_server.answers["/x"] = [
        answer(403, "X-RateLimit-Remaining: 42", content=b"You may not see this.")
    ]
    with pytest.raises(CrawlError) as failed:
        make_http(misbehaving_server).get(f"{misbehaving_server.url}/x")
    assert failed.value.code == "refused"


def test_the_last_allowed_request_closes_the_window_behind_it(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock, timed: TimedAnswers
) -> None:
    last = answer(200, "X-RateLimit-Remaining: 0", f"X-RateLimit-Reset: {int(clock()) + 10}")
    misbehaving_server.answers["/x"] = timed.answers(last, OK)
    http = make_http(misbehaving_server)
    http.get(f"{misbehaving_server.url}/x")
    http.get(f"{misbehaving_server.url}/x")
    assert timed.times[1] - timed.times[0] >= 10


def test_one_host_that_waits_holds_up_no_other(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    http = make_http(misbehaving_server, f"localhost:{misbehaving_server.port}")
    misbehaving_server.answers["/x"] = [answer(429, "Retry-After: 5000"), OK]
    with pytest.raises(CrawlError):
        http.get(f"{misbehaving_server.url}/x")
    assert http.get(f"http://localhost:{misbehaving_server.port}/x").content == b"ok"
    assert clock.waits == []


_HEADERS = st.dictionaries(
    st.sampled_from(["x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-remaining", "ratelimit-reset"])
    | st.sampled_from(["retry-after", "date"]),
    st.sampled_from(["0", "", "-1", "1e9", "١٢", "Sun, 22 Nov 2026 10:00:00 GMT"])
    | st.integers(0, 10**12).map(str)
    | st.text(),
)


@given(st.integers(100, 599), _HEADERS, st.binary(max_size=40))
def test_whatever_a_host_asks_is_a_number_of_seconds(
    status: int, headers: dict[str, str], content: bytes
) -> None:
    wait = wait_of_answer(status, headers, content, now=1_800_000_000.0)
    assert wait is None or wait >= 0
    assert wait is None or status in (403, 429, 503)
    clock = Clock()
    host = Host("h", interval=0, burst=1, clock=clock, random=lambda: 0.5)
    host.record_answer(status, headers, content)
    assert 0 <= host.requested_wait() <= LONGEST_WAIT
    if status == 429:
        assert host.requested_wait() > 0


# The pace


def test_the_pace_is_steady_after_a_small_burst(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock, timed: TimedAnswers
) -> None:
    misbehaving_server.answers["/x"] = timed.answers(OK)
    http = make_http(misbehaving_server, requests_per_second=2.0, burst=3)
    for _ in range(9):
        http.get(f"{misbehaving_server.url}/x")
    begun = timed.times[0]
    assert [time - begun for time in timed.times] == [0, 0, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    clock.wait(100)
    http.get(f"{misbehaving_server.url}/x")
    assert clock.waits[-1] == 100  # who has been quiet need not wait


def test_many_threads_keep_the_pace_of_one_and_share_a_connection(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    misbehaving_server.answers["/x"] = [OK]
    http = make_http(misbehaving_server, requests_per_second=1.0, burst=1)
    before, began = misbehaving_server.accepted, clock()
    threads = [threading.Thread(target=http.get, args=(f"{misbehaving_server.url}/x",)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert http.requests == 12
    assert misbehaving_server.accepted == before + 1
    assert clock() - began >= 11


# Trying again


def test_a_fault_is_tried_again_with_full_jitter(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock, timed: TimedAnswers
) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    misbehaving_server.answers["/x"] = timed.answers(answer(500), answer(502), b"", OK)
    misbehaving_server.answers["/cut"] = timed.answers(cut, OK)
    http = make_http(misbehaving_server, retries=3)
    assert http.get(f"{misbehaving_server.url}/x").content == b"ok"
    assert clock.waits == [0.5 * 1, 0.5 * 2, 0.5 * 4]  # the test's chance is always a half
    assert http.get(f"{misbehaving_server.url}/cut").content == b"ok"


def test_what_cannot_be_over_in_a_moment_is_not_tried_again(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    misbehaving_server.hits.clear()
    http = make_http(misbehaving_server, retries=3)
    misbehaving_server.answers["/x"] = [answer(404)]
    for url in (
        f"{misbehaving_server.url}/x",
        "https://nowhere.invalid/",
        f"{misbehaving_server.url}/brotli",
    ):
        with pytest.raises(CrawlError):
            http.get(url)
    assert clock.waits == []
    assert misbehaving_server.hits["/x"] == 1


def test_retries_have_a_budget(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    """With a host that is half dead, the requests do not multiply.

    At most one in ten, above the first few.
    """
    misbehaving_server.answers["/bad"], misbehaving_server.answers["/good"] = [answer(500)], [OK]
    http = make_http(misbehaving_server, retries=3, patience=1000.0)
    misbehaving_server.hits.clear()
    for _ in range(100):
        with pytest.raises(CrawlError):
            http.get(f"{misbehaving_server.url}/bad")
        http.get(f"{misbehaving_server.url}/good")
    assert 110 <= misbehaving_server.hits["/bad"] <= 100 + (10 + 0.1 * 200) / 0.9 + 1


def test_patience_bounds_the_sum_of_all_pauses(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    misbehaving_server.answers["/x"] = [answer(429, "Retry-After: 15"), answer(429, "Retry-After: 15"), OK]
    with pytest.raises(CrawlError) as failed:
        make_http(misbehaving_server, retries=3, patience=20.0).get(f"{misbehaving_server.url}/x")
    assert failed.value.code == "rate-limit"
    assert sum(clock.waits) == 15


# The breaker


def test_a_host_that_fails_five_times_is_left_alone_then_tried_once(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    http = make_http(misbehaving_server)
    url = f"{misbehaving_server.url}/x"
    misbehaving_server.answers["/x"] = [answer(500)]
    misbehaving_server.hits.clear()

    def fails(code: str) -> None:
        with pytest.raises(CrawlError) as failed:
            http.get(url)
        assert failed.value.code == code

    for _ in range(FAILURES):
        fails("server-error")
    for _ in range(20):
        fails("breaker")
    assert misbehaving_server.hits["/x"] == FAILURES
    clock.wait(OPEN_SECONDS[0] - 1)
    fails("breaker")
    clock.wait(1)
    fails("server-error")  # the one probe; and twice as long again
    clock.wait(OPEN_SECONDS[0])
    fails("breaker")
    clock.wait(OPEN_SECONDS[0])
    misbehaving_server.answers["/x"] = [OK]
    assert http.get(url).content == b"ok"
    misbehaving_server.answers["/x"] = [answer(500)]
    for _ in range(FAILURES):
        fails("server-error")
    fails("breaker")


def test_while_one_probes_the_others_are_refused(clock: Clock) -> None:
    host = Host("h", interval=0, burst=1, clock=clock, random=lambda: 0.5)
    for _ in range(FAILURES):
        host.reserve_slot()
        host.record_failure()
    clock.wait(OPEN_SECONDS[0])
    assert host.reserve_slot() == 0
    with pytest.raises(CrawlError, match="left alone"):
        host.reserve_slot()
    host.release_probe()  # it ended in a way that says nothing: the next may probe
    assert host.reserve_slot() == 0
    host.record_answer(200, {}, b"")
    assert host.reserve_slot() == 0
    assert host.reserve_slot() == 0


def test_a_refused_connection_and_a_timeout_count_for_the_breaker_a_404_does_not(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    http = make_http(misbehaving_server)
    for _ in range(FAILURES * 3):
        with pytest.raises(CrawlError):
            http.get(f"{misbehaving_server.url}/missing")
    codes = []
    for path in ("nothing", "silence", "short", "nothing", "nothing", "nothing"):
        with pytest.raises(CrawlError) as failed:
            http.get(f"{misbehaving_server.url}/{path}", deadline=0.1)
        codes.append(failed.value.code)
    assert codes == ["unreachable", "timeout", "truncated", "unreachable", "unreachable", "breaker"]


@given(st.lists(st.sampled_from(["ok", "failed", "limit", "released", "pause"]), max_size=60))
def test_whatever_happens_a_host_can_be_asked_again_some_time(events: list[str]) -> None:
    clock = Clock()
    host = Host("h", interval=1.0, burst=2, clock=clock, random=lambda: 0.5)
    for event in events:
        if event == "pause":
            clock.wait(30)
            continue
        try:
            clock.wait(host.reserve_slot())
        except CrawlError:
            continue
        clock.wait(host.requested_wait())
        {
            "ok": lambda: host.record_answer(200, {}, b""),
            "failed": host.record_failure,
            "limit": lambda: host.record_answer(429, {}, b""),
            "released": host.release_probe,
        }[event]()
    clock.wait(LONGEST_WAIT + OPEN_SECONDS[1])
    assert host.reserve_slot() == 0
    assert host.requested_wait() == 0


def test_a_half_open_breaker_lets_the_next_try_of_the_same_request_through(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    """The first of its tries must not be in the way of the second."""
    http = make_http(misbehaving_server, retries=0)
    misbehaving_server.answers["/x"] = [answer(500)]
    for _ in range(FAILURES):
        with pytest.raises(CrawlError):
            http.get(f"{misbehaving_server.url}/x")
    clock.now += OPEN_SECONDS[0] + 1
    again = http.metered()
    again._delivery._policy = Policy(
        requests_per_second=0, retries=2, allowed_private_hosts=(misbehaving_server.authority,)
    )
    misbehaving_server.answers["/x"] = [answer(500), OK]
    assert again.get(f"{misbehaving_server.url}/x").content == b"ok"


def test_who_waited_for_the_connection_asks_again_whether_the_host_wants_to_be_left_alone(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], clock: Clock
) -> None:
    http = make_http(misbehaving_server, patience=5.0)
    misbehaving_server.answers["/x"] = [OK]
    host, _ = http._delivery._connection(f"{misbehaving_server.url}/x")
    codes: list[str] = []

    def ask() -> None:
        try:
            http.get(f"{misbehaving_server.url}/x")
        except CrawlError as error:
            codes.append(error.code)

    waiting = threading.Thread(target=ask)
    with host.connection(seconds=0, wait=clock.wait):
        waiting.start()
        host.record_answer(429, {"retry-after": "60"}, b"")
    waiting.join()
    assert codes == ["rate-limit"]
    assert http.requests == 0
