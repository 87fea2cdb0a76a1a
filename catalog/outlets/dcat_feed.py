"""The feed for portals: pages of a catalogue as DCAT-AP 3 and DCAT-AP.de, made from the change log's payloads (rdf.md section 2.1).

Ordered by id (which sorts by time of making), cursor instead of offset: what comes or goes during a walk moves nothing between pages.
"""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.base.errors import BadCursor
from catalog.base.settings import Settings
from catalog.base.tables import SolutionRow
from catalog.changes import log
from catalog.entries import identity
from vocabularies import triples as rdf
from vocabularies.namespaces import DCAT, DCT, FOAF, HYDRA, NAL, RDF, XSD
from vocabularies.rdf import code_list_labels, dcat_ap, feed_page
from vocabularies.rdf.feed_page import EntryPart
from vocabularies.rdf.turtle import compacted, serialise
from vocabularies.triples import Triple

SIZE = 100
_WRITTEN = 1_000  # entries whose Turtle is kept: some 10 MB
_SORTED = 10_000  # ids that an export has sorted at once: the database sorts all that follow each time
_IN_FEED = select(SolutionRow.id).where(SolutionRow.in_feed)


class Outline(NamedTuple):
    """How many entries a feed has, and the id that each page ends with."""

    total: int
    ends: tuple[str, ...]


class FeedPage(NamedTuple):
    """A page as N-Triples lines, with the cursor of the next one ("" on the last)."""

    lines: list[str]
    next: str


class Asked(NamedTuple):
    """Which page: the cursor `after`, the `suffix` of its address, the ids that a filter allows (`only`, None for all) and that filter (`query`)."""

    suffix: str = ""
    after: str = ""
    only: frozenset[str] | None = None
    query: Sequence[tuple[str, str]] = ()


class Frame(NamedTuple):
    """A page before its entries are written: the digest of each by IRI, the catalogue's own triples, the next cursor."""

    entries: dict[str, str]
    catalogue: list[Triple]
    following: str


class Feed:
    """The feed of one instance."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._known: tuple[str, int, list[str]] = ("", -1, [])
        self._terms = compacted()  # of what many entries name; it grows to an end
        self._written: OrderedDict[tuple[str, str], EntryPart] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, session: Session, asked: Asked) -> FeedPage:
        """The page behind a cursor. Raises BadCursor."""
        frame = self._frame(session, asked)
        lines: dict[
            str, None
        ] = {}  # a set that keeps the order: payloads are sorted, and sorting runs is cheap
        named: set[str] = set()
        for payload in _ordered(log.payloads(session, list(frame.entries)), frame.entries):
            there, iris = feed_page.portal_lines(zlib.decompress(payload).decode())
            lines.update(dict.fromkeys(there))
            named |= iris
        lines.update(dict.fromkeys(self._others(frame, named)))
        return FeedPage(sorted(lines), frame.following)

    def turtle(self, session: Session, asked: Asked) -> Iterator[bytes]:
        """The same page as Turtle, of which only what has changed since it was written last is written anew. Raises BadCursor."""
        frame = self._frame(session, asked)
        ours = f"{self.settings.base_url}/id/solution/"
        found = self._parts(session, frame) if all(iri.startswith(ours) for iri in frame.entries) else []
        if not found or not all(one.alone for one in found):
            return serialise(self.page(session, asked).lines, "ttl")
        named = set[str]().union(*(one.named for one in found))
        return feed_page.page(
            found, self._others(frame, named), base=self.settings.base_url, terms=self._terms
        )

    def _frame(self, session: Session, asked: Asked) -> Frame:
        if asked.after and not (len(asked.after) == 26 and asked.after.isalnum()):
            raise BadCursor
        base, head = self.settings.base_url, log.head(session)
        ids = self._ids(session, head)
        if asked.only is not None:
            ids = [id_ for id_ in ids if id_ in asked.only]
        start = bisect_right(ids, asked.after)
        shown, outline = ids[start : start + SIZE], _outline(ids)
        columns = select(SolutionRow.id, SolutionRow.iri, SolutionRow.digest)
        rows = session.execute(columns.where(SolutionRow.id.in_(shown)).order_by(SolutionRow.id))
        entries = {row.iri or f"{base}/id/solution/{row.id}": row.digest for row in rows}
        following = shown[-1] if shown and shown[-1] < outline.ends[-1] else ""
        return Frame(
            entries, self._catalogue(list(entries), asked, following, outline, head.published), following
        )

    def _parts(self, session: Session, frame: Frame) -> list[EntryPart]:
        """What each entry brings, in order; only those are read from the log that were not written since they changed."""
        with self._lock:
            found = {key: self._written[key] for key in frame.entries.items() if key in self._written}
        missing = [iri for iri, digest in frame.entries.items() if (iri, digest) not in found]
        payloads, terms, base = (
            log.payloads(session, missing) if missing else {},
            compacted(),
            self.settings.base_url,
        )
        for iri, payload in zip(missing, _ordered(payloads, missing), strict=True):
            found[iri, frame.entries[iri]] = feed_page.entry_part(
                zlib.decompress(payload).decode(), iri, base=base, terms=terms
            )
        with self._lock:
            for key, one in found.items():
                self._written[key] = one
                self._written.move_to_end(key)
            while len(self._written) > _WRITTEN:
                self._written.popitem(last=False)
        return [found[key] for key in frame.entries.items()]

    def _others(self, frame: Frame, named: set[str]) -> list[str]:
        """The lines that no entry brings: the catalogue's, and what the code-list IRIs are that are named."""
        named |= {o[1:-1] for _, _, o in frame.catalogue if rdf.is_iri(o)}
        return [
            f"{s} {p} {o} ."
            for s, p, o in (*frame.catalogue, *code_list_labels.labels(named, self.settings.base_url))
        ]

    def _ids(self, session: Session, head: log.Head) -> list[str]:
        """The ids in the feed, in order: read whole once, then kept up with the log, so that a change costs the same in a large catalogue."""
        with self._lock:
            epoch, seq, ids = self._known
        ours = f"{self.settings.base_url}/id/solution/"
        few = epoch == head.epoch and 0 <= head.seq - seq <= log.PAGE
        if few and seq == head.seq:
            return ids
        touched = [change.subject for change in log.changes(session, epoch=epoch, after=seq)] if few else []
        if few and all(subject.startswith(ours) for subject in touched):
            names = {subject.removeprefix(ours) for subject in touched}
            ids = _replaced(ids, names, session.scalars(_IN_FEED.where(SolutionRow.id.in_(names))))
        else:
            ids = list(session.scalars(_IN_FEED.order_by(SolutionRow.id)))
        with self._lock:
            self._known = (head.epoch, head.seq, ids)
        return ids

    def _catalogue(
        self, iris: list[str], asked: Asked, following: str, outline: Outline, published: str
    ) -> list[Triple]:
        settings, base = self.settings, self.settings.base_url

        def address(cursor: str | None) -> str:
            words = [*asked.query, *([("after", cursor)] if cursor else [])]
            return rdf.iri(
                f"{base}/dcat/catalog{'.' + asked.suffix if asked.suffix else ''}{'?' + urlencode(words) if words else ''}"
            )

        catalogue, view = rdf.iri(f"{base}/id/catalog"), address(asked.after)
        graph = list(catalogue_node(settings, catalogue, published))
        dataset, record = rdf.iri(DCAT.dataset), rdf.iri(DCAT.record)
        for iri in iris:
            graph += (catalogue, dataset, rdf.iri(iri)), (catalogue, record, rdf.iri(dcat_ap.record_iri(iri)))
        previous = _previous(outline, asked.after)
        links = {
            HYDRA.first: address(None),
            HYDRA.last: address(outline.ends[-2] if len(outline.ends) > 1 else None),
        }
        if following:
            links[HYDRA.term("next")] = address(following)
        if previous is not None:
            links[HYDRA.previous] = address(previous)
        graph.append((catalogue, rdf.iri(HYDRA.view), view))
        graph.append(
            (catalogue, rdf.iri(HYDRA.totalItems), rdf.literal(str(outline.total), datatype=XSD.integer))
        )
        graph.append((view, rdf.iri(RDF.type), rdf.iri(HYDRA.PartialCollectionView)))
        graph.extend((view, rdf.iri(predicate), target) for predicate, target in links.items())
        return graph


def _outline(ids: list[str]) -> Outline:
    return Outline(len(ids), (*ids[SIZE - 1 :: SIZE], *(ids[-1:] if len(ids) % SIZE else ())))


def _replaced(ids: list[str], touched: set[str], there: Iterable[str]) -> list[str]:
    """The sorted ids without those that were touched, and with those of them that are there. The list itself stays as it is."""
    ids = list(ids)
    for id_ in touched:
        place = bisect_left(ids, id_)
        if ids[place : place + 1] == [id_]:
            del ids[place]
    for id_ in there:
        insort(ids, id_)
    return ids


def _ordered(found: dict[str, bytes], iris: Iterable[str]) -> Iterator[bytes]:
    """Every entry of the page; one that is missing breaks the page, since portals delete by absence (rdf.md 0.6)."""
    for iri in iris:
        yield found[iri]


def _previous(outline: Outline, after: str) -> str | None:
    """The cursor of the page before: "" for the first page, None if this is the first."""
    if not after:
        return None
    before = [end for end in outline.ends if end < after]
    return before[-1] if before else ""


def catalogue_node(settings: Settings, catalogue: str, modified: str) -> Iterator[Triple]:
    """The catalogue itself: what it is, who publishes it, under which licence its metadata stand."""
    publisher = rdf.iri(
        f"{settings.base_url}/id/org/{identity.slugify(settings.operator or settings.instance_name)}"
    )
    yield catalogue, rdf.iri(RDF.type), rdf.iri(DCAT.Catalog)
    yield catalogue, rdf.iri(DCT.term("title")), rdf.literal(settings.instance_name, "de")
    yield catalogue, rdf.iri(DCT.term("title")), rdf.literal(settings.instance_name, "en")
    yield (
        catalogue,
        rdf.iri(DCT.description),
        rdf.literal("Nachnutzbare Open-Source-Lösungen der öffentlichen Hand", "de"),
    )
    yield (
        catalogue,
        rdf.iri(DCT.description),
        rdf.literal("Reusable open-source solutions of the public sector", "en"),
    )
    yield catalogue, rdf.iri(DCT.publisher), publisher
    yield publisher, rdf.iri(RDF.type), rdf.iri(FOAF.Agent)
    yield publisher, rdf.iri(FOAF.name), rdf.literal(settings.operator or settings.instance_name)
    yield catalogue, rdf.iri(FOAF.homepage), rdf.iri(settings.base_url + "/")
    yield rdf.iri(settings.base_url + "/"), rdf.iri(RDF.type), rdf.iri(FOAF.Document)
    for language in ("DEU", "ENG"):
        yield catalogue, rdf.iri(DCT.language), rdf.iri(NAL + "language/" + language)
    yield catalogue, rdf.iri(DCAT.themeTaxonomy), rdf.iri(NAL + "data-theme")
    yield (
        catalogue,
        rdf.iri(DCT.license),
        rdf.iri(dcat_ap.licence_iri(settings.data_licence)),
    )
    if modified > "1971":
        yield catalogue, rdf.iri(DCT.modified), rdf.literal(modified, datatype=XSD.dateTime)


def export(session: Session, settings: Settings) -> Iterator[str]:
    """The whole catalogue as N-Triples lines: every listed solution of ours with all that is known, streamed in order of id."""
    listed = (
        select(SolutionRow.id, SolutionRow.iri)
        .where(SolutionRow.state == "listed")
        .order_by(SolutionRow.id)
        .limit(_SORTED)
    )
    after = ""
    while rows := session.execute(listed.where(SolutionRow.id > after)).all():
        for start in range(0, len(rows), SIZE):
            iris = [
                row.iri or f"{settings.base_url}/id/solution/{row.id}" for row in rows[start : start + SIZE]
            ]
            found = log.payloads(session, iris)
            for iri in iris:
                # splitlines() would also cut at U+2028 and its kin
                yield from zlib.decompress(found[iri]).decode()[:-1].split("\n")
        after = rows[-1].id


def total(session: Session) -> int:
    """How many entries the feed has."""
    return session.scalar(select(func.count()).select_from(SolutionRow).where(SolutionRow.in_feed)) or 0
