"""Since when a follower stands still before something new, as one process sees it."""

from __future__ import annotations

import pytest

from catalog.base import clock
from catalog.changes.cursor import Cursor
from catalog.changes.stalled import Stalled

HERE, FURTHER = Cursor("e", 7, 3), Cursor("e", 7, 4)


def test_the_moment_is_that_of_the_first_sight_at_this_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter("abcdef")
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    stalled = Stalled()
    assert stalled.since("index", HERE, behind=False) == ""
    assert stalled.since("index", HERE, behind=True) == "a"
    assert stalled.since("index", HERE, behind=True) == "a"
    assert stalled.since("another", HERE, behind=True) == "b"
    assert stalled.since("index", FURTHER, behind=True) == "c", "it went on, and is behind again"
    assert stalled.since("index", FURTHER, behind=False) == ""
    assert stalled.since("index", FURTHER, behind=True) == "d"
