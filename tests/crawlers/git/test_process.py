"""The git program keeps to the host's pace as every request does."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawlers.faults import CrawlError
from crawlers.git.process import REQUESTS, Clone
from crawlers.net.http import Http, Policy
from tests.crawlers.conftest import Clock
from tests.support.servers.git_http import GitServer


def test_a_clone_takes_the_slots_of_its_requests(
    git_server: GitServer, commit: str, make_http: Callable[..., Http], clock: Clock
) -> None:
    http = make_http(git_server, requests_per_second=0.5, burst=1)
    for _ in range(2):
        with Clone(f"{git_server.url}/town/app.git", http) as clone:
            assert clone.root()[0] == commit
    assert clock.waits == [2.0 * REQUESTS], "the second clone pays for the first"


def test_a_host_that_asks_to_wait_is_not_cloned_from(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    http = make_http(git_server, patience=5.0)
    host, _ = http._delivery._connection(git_server.url)
    host.record_answer(429, {"retry-after": "60"}, b"")
    with pytest.raises(CrawlError) as caught, Clone(f"{git_server.url}/town/app.git", http):
        pass
    assert caught.value.code == "rate-limit"


def test_nobody_else_is_at_the_host_while_git_is(
    git_server: GitServer, commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(allowed_private_hosts=(git_server.authority,), requests_per_second=0, retries=0)
    http = Http(policy, shared=tmp_path)
    held = []
    run = Clone._run

    def running(clone: Clone, *command: Any, **options: Any) -> bytes:
        if options["scheme"] != "none":
            (file,) = tmp_path.glob("*.connection")
            assert not _free(file)
            held.append(os.fstat(options["lock"]).st_ino == file.stat().st_ino)
        return run(clone, *command, **options)

    monkeypatch.setattr(Clone, "_run", running)
    with Clone(f"{git_server.url}/town/app.git", http) as clone:
        assert clone.root()[0] == commit
    assert held == [True]
    (file,) = tmp_path.glob("*.connection")
    assert _free(file)


def _free(file: Path) -> bool:
    opened = os.open(file, os.O_RDWR)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(opened)
    return True
