"""The pages of the feed: each entry on one of them, kept up with the log, and each page leads to the next."""

from __future__ import annotations

from bisect import bisect_right

import pytest

from catalog.changes.log import Change
from catalog.outlets import feed_outline
from vocabularies.namespaces import HYDRA

MEMBERS = [f"id{number}" for number in range(7)]


def change(id_: str, *, in_feed: bool, origin: str = "") -> Change:
    return Change(
        epoch="e",
        seq=1,
        kind="solution",
        subject=f"https://allmende.example/id/solution/{id_}",
        event="Update",
        published="",
        digest="",
        payload=None,
        origin=origin,
        in_feed=in_feed,
    )


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize("count", range(8))
def test_pages_join_to_the_whole_and_lead_to_each_other(count: int, size: int) -> None:
    members = MEMBERS[:count]
    outline = feed_outline.outline(members, size=size)
    assert outline.total == count
    walked, cursors = [], [""]
    while True:
        start = bisect_right(members, cursors[-1])
        shown = members[start : start + size]
        walked += shown
        following = shown[-1] if shown and shown[-1] < outline.ends[-1] else ""
        links = feed_outline.links(outline, cursors[-1], following)
        assert links[HYDRA.first] == ""
        assert links.get(HYDRA.previous) == (cursors[-2] if len(cursors) > 1 else None)
        assert links.get(HYDRA.term("next"), "") == following
        if not following:
            break
        cursors.append(following)
    assert walked == members
    assert links[HYDRA.last] == cursors[-1]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (change("id1", in_feed=False), ["id3"]),
        (change("id3", in_feed=True), ["id1", "id3"]),
        (change("id2", in_feed=True), ["id1", "id2", "id3"]),
        (change("id9", in_feed=True), ["id1", "id3", "id9"]),
        (change("id2", in_feed=False), ["id1", "id3"]),
        (change("id1", in_feed=False, origin="https://other.example"), ["id1", "id3"]),
        (change("id2", in_feed=True, origin="https://other.example"), ["id1", "id3"]),
    ],
)
def test_the_order_follows_what_this_instance_says_itself(found: Change, expected: list[str]) -> None:
    before = ["id1", "id3"]
    assert feed_outline.updated(before, [found]) == expected
    assert before == ["id1", "id3"], "somebody may be reading it"
