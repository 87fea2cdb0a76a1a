"""`serve`: what answers while an index is made anew, and what is said when that is broken off."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import requests
from sqlalchemy.orm import Session

from app import create_app
from catalog.base import json_logs
from catalog.base.settings import Settings
from catalog.changes.cursor import START, Cursor
from catalog.changes.followers import Page
from catalog.operations.serve import serve
from catalog.operations.services import Services
from tests.support.servers.ports import free_port


class Slow:
    """A follower that is made anew for as long as the test wants."""

    name = "slow"
    per_node = True

    def __init__(self) -> None:
        self.cursor = START
        self.began = threading.Event()
        self.goes_on = threading.Event()

    def handle(self, session: Session, page: Page) -> None:
        self._make(page.cursor)

    def rebuild(self, session: Session, cursor: Cursor) -> None:
        self._make(cursor)

    def _make(self, cursor: Cursor) -> None:
        self.began.set()
        self.goes_on.wait(30)
        self.cursor = cursor


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    follower = Slow()
    monkeypatch.setattr(Services, "followers", [follower])
    monkeypatch.setattr(json_logs, "configure", lambda *_, **__: None)  # the tests watch the log
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield follower
    follower.goes_on.set()
    for number, handler in before.items():
        signal.signal(number, handler)


def _answer(url: str) -> int:
    """The status of a page, as soon as the port is open."""
    for _ in range(600):
        try:
            return requests.get(url, timeout=30).status_code
        except requests.ConnectionError:
            time.sleep(0.05)
    return 0


@pytest.mark.parametrize("whole", [True, False], ids=["made to its end", "broken off"])
def test_pages_do_not_wait_for_an_index_and_the_address_does(
    slow: Slow, settings: Settings, whole: bool
) -> None:
    port = free_port()
    said: list[str] = []
    seen: dict[str, object] = {}

    def visit() -> None:
        slow.began.wait(60)
        seen["alive"] = _answer(f"http://127.0.0.1:{port}/healthz")
        seen["imprint"] = _answer(f"http://127.0.0.1:{port}/privacy")
        seen["said"] = list(said)
        if whole:
            slow.goes_on.set()
            for _ in range(600):
                if said:
                    break
                time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        slow.goes_on.set()

    visitor = threading.Thread(target=visit)
    visitor.start()
    serve(settings, create_app, host="127.0.0.1", port=port, say=said.append)
    visitor.join()
    assert seen == {"alive": 200, "imprint": 200, "said": []}
    assert said == ([settings.base_url] if whole else [])
