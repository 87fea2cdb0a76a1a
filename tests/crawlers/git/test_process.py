"""The git program keeps to the host's pace as every request does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawlers.faults import CrawlError
from crawlers.git.process import REQUESTS, Clone
from crawlers.net.http import Http
from tests.crawlers.conftest import Clock
from tests.support.servers.git_http import GitServer


def test_a_clone_takes_the_slots_of_its_requests(
    git_server: GitServer, commit: str, make_http: Callable[..., Http], clock: Clock
) -> None:
    http = make_http(git_server, requests_per_second=0.5, burst=1)
    for _ in range(2):
        with Clone(f"{git_server.url}/town/app.git", http) as clone:
            assert clone.root()[0] == commit
    assert clock.waits == [2.0] * (2 * REQUESTS - 1)


def test_a_host_that_asks_to_wait_is_not_cloned_from(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    http = make_http(git_server, patience=5.0)
    host, _ = http._delivery._connection(git_server.url)
    host.record_answer(429, {"retry-after": "60"}, b"")
    with pytest.raises(CrawlError) as caught, Clone(f"{git_server.url}/town/app.git", http):
        pass
    assert caught.value.code == "rate-limit"
