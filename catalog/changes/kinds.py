"""The kinds of thing the change log carries, one row each.

Everything that goes through the log by kind asks here.

Exports, compaction, backup, restore, a new epoch and `rebase` work for every row; a kind that has none cannot
be appended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from catalog.changes import log
from catalog.changes.log import Change
from vocabularies import iris
from vocabularies import triples as rdf
from vocabularies.namespaces import XSD
from vocabularies.rdf import dcat_ap, graph_reader, graph_writer, table
from vocabularies.rdf.dcat_ap import Context
from vocabularies.rdf.table import Table
from vocabularies.triples import Triple

_ADDRESS = f"^^<{XSD.anyURI}>"


def rebased(payload: bytes, old: str, new: str) -> bytes:
    """A payload with every identifier and address below one base moved below another.

    IRIs, literals that are addresses (xsd:anyURI), and texts that are identifiers.

    >>> line = b'<https://a.example/id/x/1> <http://p> "https://a.example/id/x/1" .\\n'
    >>> rebased(line, "https://a.example", "https://b.example")
    b'<https://b.example/id/x/1> <http://p> "https://b.example/id/x/1" .\\n'
    """

    def moved(term: str) -> str:
        address = term.startswith("<") or term.endswith(_ADDRESS)
        ends = ("/", "#", "?", ">", '"') if address else ("/id/",)
        below = term[1 + len(old) :]
        if term.startswith(old, 1) and below.startswith(ends):
            return term[0] + new + below
        return term

    return rdf.serialise((moved(s), moved(p), moved(o)) for s, p, o in rdf.lines(payload))


class Kind(NamedTuple):
    """One kind. Its subjects are `{base}/id/{path}/{id}`; `table` says how a thing of it is in RDF.

    `derived` adds what harvesters need besides; that is never read back. `in_portal_feed`: whether the feed
    for portals may carry it. `rebase` writes a payload anew under another BASE_URL.
    """

    name: str
    path: str
    table: Table
    derived: Callable[[Any, Context], Iterable[Triple]] = lambda thing, context: ()
    in_portal_feed: bool = False
    rebase: Callable[[bytes, str, str], bytes] = rebased

    def subject(self, base: str, id: str) -> str:
        """The identifier of a thing of this kind."""
        return iris.thing(base, self.path, id)

    def write(self, thing: Any, context: Context) -> bytes:
        """The payload of a thing, which knows its identifier as `id`."""
        said = graph_writer.write(thing, self.table, subject=thing.id, base=context.base)
        return rdf.serialise([*said, *self.derived(thing, context)])

    def read(self, payload: bytes, subject: str) -> Any:
        """The thing of a payload, of whatever instance; None if it says nothing of the subject."""
        return graph_reader.read(rdf.lines(payload), self.table, subject)


SOLUTION = Kind("solution", iris.SOLUTION, table.SOLUTION, derived=dcat_ap.derived, in_portal_feed=True)

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
    first: bool = False,
) -> Change:
    """Append to the log what is of a kind; `in_feed` counts only where the kind may be in the feed.

    `first` as in `log.append`.

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
        first=first,
    )


def of_subject(subject: str, base: str) -> Kind | None:
    """The kind of which a subject of this instance is, by its identifier; None for any other."""
    return next((kind for kind in KINDS.values() if iris.id_of(subject, base, kind.path)), None)
