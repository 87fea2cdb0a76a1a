"""The pages of the feed: where each ends, how their order follows the log, where each leads."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple

from catalog.changes.log import Change
from vocabularies import iris
from vocabularies.namespaces import HYDRA


class Outline(NamedTuple):
    """How many entries a feed has, and the id that each page ends with."""

    total: int
    ends: tuple[str, ...]


def outline(members: list[str], *, size: int) -> Outline:
    """Where the pages of this size end."""
    rest = members[-1:] if len(members) % size else []
    return Outline(len(members), (*members[size - 1 :: size], *rest))


def updated(members: list[str], changes: Iterable[Change]) -> list[str]:
    """The sorted ids after these entries of the log. The list itself stays as it is."""
    members = list(members)
    for change in changes:
        if change.origin:
            continue
        id_ = iris.last_segment(change.subject)
        place = bisect_left(members, id_)
        there = members[place : place + 1] == [id_]
        if there and not change.in_feed:
            del members[place]
        if change.in_feed and not there:
            insort(members, id_)
    return members


def links(outline: Outline, after: str, following: str) -> dict[str, str]:
    """The predicates of hydra that lead to other pages, with the cursors of these."""
    links = {HYDRA.first: "", HYDRA.last: outline.ends[-2] if len(outline.ends) > 1 else ""}
    if following:
        links[HYDRA.term("next")] = following
    if after:
        before = [end for end in outline.ends if end < after]
        links[HYDRA.previous] = before[-1] if before else ""
    return links
