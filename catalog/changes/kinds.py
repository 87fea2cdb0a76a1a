"""The kinds of thing the change log carries, one row each.

Everything that goes through the log by kind asks here.

Exports, compaction, backup, restore, a new epoch and `rebase` work for every row; a kind that has none cannot
be appended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from catalog.changes import log
from catalog.changes.log import Change
from vocabularies import iris
from vocabularies import triples as rdf
from vocabularies.rdf import graph_reader, table
from vocabularies.rdf.dcat_ap import Context
from vocabularies.terms import Solution


def rebased(payload: bytes, old: str, new: str) -> bytes:
    """A payload with every identifier and address below one base moved below another.

    IRIs, and texts that are identifiers.

    >>> line = b'<https://a.example/id/x/1> <http://p> "https://a.example/id/x/1" .\\n'
    >>> rebased(line, "https://a.example", "https://b.example")
    b'<https://b.example/id/x/1> <http://p> "https://b.example/id/x/1" .\\n'
    """

    def moved(term: str) -> str:
        for before, after in (
            (f"<{old}/", f"<{new}/"),
            (f"<{old}>", f"<{new}>"),
            (f'"{old}/id/', f'"{new}/id/'),
        ):
            if term.startswith(before):
                return after + term[len(before) :]
        return term

    return rdf.serialise((moved(s), moved(p), moved(o)) for s, p, o in rdf.lines(payload))


def _solution(payload: bytes, subject: str) -> Solution | None:
    return graph_reader.from_graph(rdf.lines(payload), subject)


class Kind(NamedTuple):
    """One kind.

    Its subjects are `{base}/id/{path}/{id}`; `write` makes the payload of a thing, `read` the thing of a
    payload.

    `in_portal_feed`: whether the feed for portals may carry it. `rebase` writes a payload anew under another
    BASE_URL.
    """

    name: str
    path: str
    write: Callable[[Any, Context], bytes]
    read: Callable[[bytes, str], Any]
    in_portal_feed: bool = False
    rebase: Callable[[bytes, str, str], bytes] = rebased

    def subject(self, base: str, id: str) -> str:
        """The identifier of a thing of this kind."""
        return iris.thing(base, self.path, id)


SOLUTION = Kind("solution", iris.SOLUTION, table.payload, _solution, in_portal_feed=True)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (SOLUTION,)}


def append(
    session: Session,
    kind: Kind,
    subject: str,
    *,
    event: str,
    payload: bytes | None,
    origin: str = "",
    in_feed: bool = False,
    now: str = "",
) -> Change:
    """Append to the log what is of a kind; `in_feed` counts only where the kind may be in the feed.

    Raises KeyError for no row.
    """
    return log.append(
        session,
        kind=KINDS[kind.name].name,
        subject=subject,
        event=event,
        payload=payload,
        origin=origin,
        in_feed=in_feed and kind.in_portal_feed and payload is not None,
        now=now,
    )
