"""The engine of Whoosh: it keeps the postings, numpy weighs and counts them (postings.py).

Whoosh's own matchers, scoring and facets are pure Python for each hit, and too slow beyond a few thousand
documents. So it is asked only for the list of a term, once for each segment; and for the facts of each
document, kept in a column.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from whoosh import index, writing
from whoosh.reading import TermNotFound

from catalog.changes.cursor import START, Cursor
from catalog.search.engine import Found, Wanted, most_frequent_first
from catalog.search.engines.postings import Evaluation, Facts, Numbers, Scores, Table
from catalog.search.engines.whoosh_schema import codec, schema
from catalog.search.fields import Record
from catalog.search.plan import Plan

_TOC = re.compile(r"_MAIN_(\d+)\.toc")
_MEMORY_MB = 128
_KEPT = 5_000  # lists of terms kept in memory for each segment
_NONE = np.zeros(0, np.int32)
_NEVER = np.zeros(0, np.float32)


class Engine:
    """An index that Whoosh keeps. Each commit writes a table of contents with a new number in its name."""

    name = "whoosh"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments: dict[str, Segment] = {}

    def stamp(self) -> Hashable | None:
        """Something cheap that is another after every commit."""
        try:
            with os.scandir(self._folder) as entries:
                found = [
                    (int(match[1]), entry.inode())
                    for entry in entries
                    if (match := _TOC.fullmatch(entry.name))
                ]
        except (FileNotFoundError, NotADirectoryError):
            return None
        return max(found, default=None)

    def open(self) -> WhooshSnapshot:
        """The newest commit. Segments that were open already are not read again."""
        reader = index.open_dir(os.fspath(self._folder)).reader()
        leaves = [leaf for leaf, _ in reader.leaf_readers()]
        self._segments = {leaf.segment().segment_id(): self._segment(leaf) for leaf in leaves}
        return WhooshSnapshot(
            reader, [(leaf, self._segments[leaf.segment().segment_id()]) for leaf in leaves]
        )

    def _segment(self, leaf: Any) -> Segment:
        return self._segments.get(leaf.segment().segment_id()) or Segment(leaf)

    def write(self, records: Iterable[Record], remove: Iterable[str], cursor: Cursor, *, anew: bool) -> None:
        """Replace and remove (or, `anew`, drop all and add), in one commit."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = os.fspath(self._folder)
        opened = index.open_dir(path) if index.exists_in(path) else index.create_in(path, schema())
        writer = opened.writer(limitmb=_MEMORY_MB, codec=codec())
        try:
            for identifier in remove:
                writer.delete_by_term("id", identifier)
            for record in records:
                writer.add_document(**_document(record))
            writer.delete_by_term("cursor", "*")
            writer.add_document(cursor="*", _stored_cursor=str(cursor))
            writer.commit(mergetype=writing.CLEAR) if anew else writer.commit()
        except BaseException:
            writer.cancel()
            raise
        finally:
            opened.close()


def _document(record: Record) -> dict[str, Any]:
    terms = {name: found.split() for name, found in (*record.bags.items(), ("phrase", record.phrase))}
    terms |= {"title": record.titles}
    lengths = {name: len(found) for name, found in terms.items()}
    facts = Facts(record.id, record.facets, record.by_name, by_recency=record.by_recency, lengths=lengths)
    kept = {"facts": msgspec.json.encode(facts), "shown": record.shown, "surface": record.surface}
    return {"id": record.id, **kept, **terms}


class Segment:
    """What is kept in memory of a segment, which never changes.

    The facts of its documents, and the lists asked for so far.
    """

    def __init__(self, leaf: Any) -> None:
        column = leaf.column_reader("facts")
        decode = msgspec.json.Decoder(Facts).decode
        self.facts = [
            decode(stored) if (stored := column[number]) else Facts()
            for number in range(leaf.doc_count_all())
        ]
        self.lists: dict[tuple[str, str], tuple[Numbers, Scores]] = {}


class WhooshSnapshot:
    """One commit. Its readers are used by one thread at a time, since they share their files' places."""

    def __init__(self, reader: Any, segments: list[tuple[Any, Segment]]) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._segments: list[tuple[Any, Segment, int]] = []
        facts: list[Facts] = []
        deleted: list[int] = []
        for leaf, segment in segments:
            self._segments.append((leaf, segment, len(facts)))
            deleted += (len(facts) + number for number in leaf.segment().deleted_docs())
            facts += segment.facts
        self._table = Table(facts, deleted)
        self.cursor = self._cursor()

    def _cursor(self) -> Cursor:
        for leaf, _, _ in self._segments:
            for number in _matches(leaf, "cursor", "*"):
                return Cursor.read(leaf.stored_fields(number)["cursor"])
        return START

    def ids(self) -> set[str]:
        """The ids of all documents."""
        return {self._table.facts[number].id for number in np.flatnonzero(self._table.live).tolist()}

    def known(self, field: str, text: str) -> bool:
        """Whether any document has this term."""
        with self._lock:
            return bool(self._reader.doc_frequency(field, text))

    def surface(self, prefix: str, limit: int | None = None) -> list[tuple[str, int]]:
        """The entries of the field `surface` that begin like this, with the number of their documents."""
        begins = prefix.encode()
        found = []
        with self._lock:
            for (field, entry), information in self._reader.iter_from("surface", begins):
                if field != "surface" or not entry.startswith(begins):
                    break
                found.append((entry.decode(), int(information.doc_frequency())))
        return list(most_frequent_first(found))[:limit]

    def search(self, plan: Plan, wanted: Wanted) -> Found:
        """Answer."""
        with self._lock:
            answer = Evaluation(self._table, self).search(plan, wanted)
            hits = tuple(
                (score, self._table.facts[number].id, self._shown(number) if wanted.texts else b"")
                for score, number in answer.hits
            )
        return Found(total=answer.total, hits=hits, facets=answer.facets)

    def matching(self, plan: Plan, filters: Mapping[str, tuple[str, ...]]) -> set[str]:
        """The ids of all documents that `search` would find."""
        with self._lock:
            numbers = Evaluation(self._table, self).matching(plan, filters)
            return {self._table.facts[number].id for number in numbers}

    def _shown(self, number: int) -> bytes:
        leaf, _, offset = next(part for part in reversed(self._segments) if part[2] <= number)
        return bytes(leaf.stored_fields(number - offset)["shown"])

    def postings(self, field: str, text: str) -> tuple[Numbers, Scores]:
        """The documents with a term, and how often they have it."""
        numbers = [_NONE]
        often = [_NEVER]
        for leaf, segment, offset in self._segments:
            documents, frequencies = segment.lists.get((field, text)) or _read(
                leaf, segment, field, text=text
            )
            numbers.append(documents + np.int32(offset))
            often.append(frequencies)
        return np.concatenate(numbers), np.concatenate(often)

    def positions(self, field: str, text: str, documents: Numbers) -> list[list[int]]:
        """Where in each of these documents the term stands."""
        found = []
        for leaf, segment, offset in self._segments:
            here = documents[(documents >= offset) & (documents < offset + len(segment.facts))] - offset
            if len(here):
                matcher = leaf.postings(field, text)
                for number in here.tolist():
                    matcher.skip_to(number)
                    found.append(list(matcher.value_as("positions")))
        return found

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._reader.close()


def _matches(leaf: Any, field: str, text: str) -> Iterator[int]:
    try:
        yield from leaf.postings(field, text).all_ids()
    except TermNotFound:
        return


def _read(leaf: Any, segment: Segment, field: str, *, text: str) -> tuple[Numbers, Scores]:
    """A term's list, read and kept."""
    documents, frequencies = [], []
    try:
        matcher = leaf.postings(field, text)
    except TermNotFound:
        return _NONE, _NEVER
    while matcher.is_active():
        documents.append(matcher.id())
        frequencies.append(matcher.weight())
        matcher.next()
    if len(segment.lists) >= _KEPT:
        segment.lists.clear()
    segment.lists[field, text] = np.array(documents, np.int32), np.array(frequencies, np.float32)
    return segment.lists[field, text]
