"""The feed for portals.

Pages of the catalogue as DCAT-AP 3 and DCAT-AP.de, made from the change log's payloads.

Ordered by id (which sorts by time of making), cursor instead of offset: what comes or goes during a walk
moves nothing between pages. Which entries it has, the log says (`in_feed`); which kinds may be in it,
kinds.py.
"""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.errors import BadCursor
from catalog.base.settings import Settings
from catalog.base.tables import ChangeRow
from catalog.changes import kinds, log
from catalog.outlets import feed_outline
from catalog.outlets.catalogue_node import catalogue_node
from catalog.outlets.feed_outline import Outline
from vocabularies import iris
from vocabularies import triples as rdf
from vocabularies.namespaces import DCAT, HYDRA, RDF, XSD
from vocabularies.rdf import code_list_labels, feed_page
from vocabularies.rdf.feed_page import EntryPart
from vocabularies.rdf.turtle import compacted, serialise
from vocabularies.triples import Triple

SIZE = 100
_CURSOR_LENGTH = 26  # a ULID
_WRITTEN = 1_000  # entries whose Turtle is kept: some 10 MB
_FILTERED = 4  # filtered feeds whose order is kept, so that their next page costs what one of the whole does
_MEMBER = ChangeRow.in_feed & (ChangeRow.superseded == "") & (ChangeRow.origin == "")


class FeedPage(NamedTuple):
    """A page as N-Triples lines, with the cursor of the next one ("" on the last)."""

    lines: list[str]
    next: str


class PageRequest(NamedTuple):
    """Which page is wanted: behind the cursor `after`, at the address that ends with `suffix`.

    A filtered feed has the ids that its filter allows (`only`, None for all) and the filter itself (`query`).
    """

    suffix: str = ""
    after: str = ""
    only: frozenset[str] | None = None
    query: Sequence[tuple[str, str]] = ()


class Frame(NamedTuple):
    """A page before its entries are written.

    The digest of each by IRI, the catalogue's own triples, the next cursor.
    """

    entries: dict[str, str]
    catalogue: list[Triple]
    following: str


class Feed:
    """The feed of one instance.

    Keeps its order and the Turtle of its entries in memory, both brought up to date by the log.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._known: tuple[str, int, list[str]] = ("", -1, [])
        self._filtered: deque[tuple[list[str], frozenset[str], list[str]]] = deque(maxlen=_FILTERED)
        self._terms = compacted()  # of what many entries name; it grows to an end
        self._written: OrderedDict[tuple[str, str], EntryPart] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, session: Session, wanted: PageRequest) -> FeedPage:
        """The page behind a cursor. Raises BadCursor."""
        frame = self._frame(session, wanted)
        lines: dict[
            str, None
        ] = {}  # a set that keeps the order: payloads are sorted, and sorting runs is cheap
        named: set[str] = set()
        payloads = _ordered(log.payloads(session, frame.entries), frame.entries)
        for subject, payload in zip(frame.entries, payloads, strict=True):
            kind = kinds.of_subject(subject, self.settings.base_url) or kinds.SOLUTION
            text = zlib.decompress(payload).decode()
            entry_lines, entry_iris = feed_page.portal_lines(text, kind.table)
            lines.update(dict.fromkeys(entry_lines))
            named |= entry_iris
        lines.update(dict.fromkeys(self._others(frame, named)))
        return FeedPage(sorted(lines), frame.following)

    def total(self, session: Session) -> int:
        """How many entries the feed has."""
        return len(self._members(session, log.head(session)))

    def turtle(self, session: Session, wanted: PageRequest) -> Iterator[bytes]:
        """The same page as Turtle, of which only what has changed since it was written last is written anew.

        Raises BadCursor.
        """
        frame = self._frame(session, wanted)
        base = self.settings.base_url
        parts: list[EntryPart] = []
        if all(iris.id_of(subject, base, iris.SOLUTION) for subject in frame.entries):
            parts = self._parts(session, frame)
        if not parts or not all(part.alone for part in parts):
            return serialise(self.page(session, wanted).lines, "ttl")
        named = set[str]().union(*(part.named for part in parts))
        return feed_page.page(parts, self._others(frame, named), base=base, terms=self._terms)

    def _frame(self, session: Session, wanted: PageRequest) -> Frame:
        if wanted.after and not (len(wanted.after) == _CURSOR_LENGTH and wanted.after.isalnum()):
            raise BadCursor
        head = log.head(session)
        members = self._members(session, head)
        if wanted.only is not None:
            members = self._allowed(members, wanted.only)
        start = bisect_right(members, wanted.after)
        shown = members[start : start + SIZE]
        outline = feed_outline.outline(members, size=SIZE)
        entries = _digests(session, self.settings.base_url, shown)
        following = shown[-1] if shown and shown[-1] < outline.ends[-1] else ""
        catalogue = self._catalogue(
            list(entries), wanted, following, outline=outline, published=head.published
        )
        return Frame(entries, catalogue, following)

    def _parts(self, session: Session, frame: Frame) -> list[EntryPart]:
        """What each entry brings, in order.

        Only those are read from the log that were not written since they changed.
        """
        with self._lock:
            known = {key: self._written[key] for key in frame.entries.items() if key in self._written}
        missing = [iri for iri, digest in frame.entries.items() if (iri, digest) not in known]
        payloads = log.payloads(session, missing) if missing else {}
        terms = compacted()
        base = self.settings.base_url
        for iri, payload in zip(missing, _ordered(payloads, missing), strict=True):
            text = zlib.decompress(payload).decode()
            known[iri, frame.entries[iri]] = feed_page.entry_part(text, iri, base=base, terms=terms)
        self._keep(known)
        return [known[key] for key in frame.entries.items()]

    def _keep(self, parts: dict[tuple[str, str], EntryPart]) -> None:
        with self._lock:
            for key, part in parts.items():
                self._written[key] = part
                self._written.move_to_end(key)
            while len(self._written) > _WRITTEN:
                self._written.popitem(last=False)

    def _others(self, frame: Frame, named: set[str]) -> list[str]:
        """The lines that no entry brings: the catalogue's, and what the code-list IRIs are that are named."""
        named |= {o[1:-1] for _, _, o in frame.catalogue if rdf.is_iri(o)}
        triples = (*frame.catalogue, *code_list_labels.labels(named, self.settings.base_url))
        return [f"{s} {p} {o} ." for s, p, o in triples]

    def _members(self, session: Session, head: log.Head) -> list[str]:
        """The ids in the feed, in order: read whole once, then kept up with the log.

        So a change costs the same in a large catalogue.
        """
        with self._lock:
            epoch, seq, members = self._known
        few = epoch == head.epoch and 0 <= head.seq - seq <= log.PAGE
        if few and seq == head.seq:
            return members
        if few:
            members = feed_outline.updated(members, log.changes(session, epoch=epoch, after=seq))
        else:
            members = sorted(
                map(iris.last_segment, session.scalars(select(ChangeRow.subject).where(_MEMBER)))
            )
        with self._lock:
            self._known = (head.epoch, head.seq, members)
        return members

    def _allowed(self, members: list[str], only: frozenset[str]) -> list[str]:
        """Those of the members that a filter allows; the last answers are kept, for the pages that follow."""
        with self._lock:
            for of, allowed_by, allowed in self._filtered:
                if of is members and allowed_by is only:
                    return allowed
        allowed = [member for member in members if member in only]
        with self._lock:
            self._filtered.append((members, only, allowed))
        return allowed

    def _catalogue(
        self, entries: list[str], wanted: PageRequest, following: str, *, outline: Outline, published: str
    ) -> list[Triple]:
        settings = self.settings
        catalogue = rdf.iri(iris.catalogue(settings.base_url))
        view = self._address(wanted, wanted.after)
        graph = list(catalogue_node(settings, catalogue, published))
        dataset = rdf.iri(DCAT.dataset)
        record = rdf.iri(DCAT.record)
        for iri in entries:
            graph.append((catalogue, dataset, rdf.iri(iri)))
            if (record_iri := iris.record_of(iri)) != iri:
                graph.append((catalogue, record, rdf.iri(record_iri)))
        graph.append((catalogue, rdf.iri(HYDRA.view), view))
        total = rdf.literal(str(outline.total), datatype=XSD.integer)
        graph.append((catalogue, rdf.iri(HYDRA.totalItems), total))
        graph.append((view, rdf.iri(RDF.type), rdf.iri(HYDRA.PartialCollectionView)))
        links = feed_outline.links(outline, wanted.after, following)
        graph.extend((view, rdf.iri(name), self._address(wanted, cursor)) for name, cursor in links.items())
        return graph

    def _address(self, wanted: PageRequest, cursor: str) -> str:
        """The address of the page behind a cursor, "" for the first."""
        arguments = [*wanted.query, *([("after", cursor)] if cursor else [])]
        query = f"?{urlencode(arguments)}" if arguments else ""
        return rdf.iri(iris.feed(self.settings.base_url, wanted.suffix) + query)


def _digests(session: Session, base: str, ids: list[str]) -> dict[str, str]:
    """IRI -> digest of what the log says of the things with these ids, in their order."""
    portal = [kind for kind in kinds.KINDS.values() if kind.in_portal_feed]
    subjects: list[str] = []
    for id_ in ids:
        subjects += (kind.subject(base, id_) for kind in portal)
    query = select(ChangeRow.subject, ChangeRow.digest).where(ChangeRow.subject.in_(subjects), _MEMBER)
    digests = {row.subject: row.digest for row in session.execute(query)}
    return {subject: digests[subject] for subject in subjects if subject in digests}


def _ordered(payloads: dict[str, bytes], entries: Iterable[str]) -> Iterator[bytes]:
    """Every entry of the page; one that is missing breaks the page, since portals delete by absence."""
    for iri in entries:
        yield payloads[iri]
