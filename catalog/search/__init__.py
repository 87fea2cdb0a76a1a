"""The search seam: what goes into the index, what is asked of it, what comes back.

Tantivy and Whoosh lie behind it.

SQL is the only truth: an index follows the change log from a cursor of its own, stored in the index with the
documents, and can be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

import msgspec

from catalog.changes.cursor import Cursor

# The facets a document can have; their codes are opaque here.
FACETS = (
    "topic",
    "category",
    "licence",
    "status",
    "life",
    "kind",
    "publisher",
    "country",
    "state",
    "language",
    "platform",
    "programme",
)
SORTS = ("relevance", "recency", "name")
ENGINES = {"tantivy": "catalog.search.engines.tantivy", "whoosh": "catalog.search.engines.whoosh"}

MAX_CHARACTERS = 256
MAX_TERMS = 16
MAX_VALUES = 100  # of filters, all facets together
MAX_SIZE = 100
MAX_REACH = 10_000  # page x size
MAX_VALUES_COUNTED = 10_000  # of a facet

Texts = dict[str, str]
Words = dict[str, tuple[str, ...]]
Fragments = tuple[tuple[str, bool], ...]  # pieces of a text in order, and whether to mark each; never HTML


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What the index knows of a solution. Texts by language code; plain text, no markup.

    `words` are labels and synonyms of its concepts: it is found by them, but they are never shown. `facets`
    maps names of FACETS to codes. `modified` is ISO 8601. A document that is not `listed` is taken out of the
    index.
    """

    id: str
    name: Texts = {}
    alternative: Texts = {}
    summary: Texts = {}
    text: Texts = {}
    features: Words = {}
    keywords: Words = {}
    publisher: str = ""
    publisher_slug: str = ""
    words: Words = {}
    facets: dict[str, tuple[str, ...]] = {}
    modified: str = ""
    listed: bool = True


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Text, filters, facets, order and page of one search.

    `text` is what a visitor typed (parser.py has its grammar); without words to find, relevance means
    recency.

    `filters` maps a facet to the codes wanted: any of them, and every facet. `facets` are counted, each as if
    it had no filter of its own: of each the `values` most frequent ones, and those that are filtered by.
    Counts are exact; of thousands of values, one spread thinly over all of an index may be left out.
    `language` decides which of a document's texts is shown first; words are found in all languages.
    """

    text: str = ""
    filters: dict[str, tuple[str, ...]] = {}
    sort: str = "relevance"
    page: int = 1
    size: int = 20
    language: str = "de"
    facets: tuple[str, ...] = ()
    values: int = MAX_VALUES_COUNTED
    highlight: bool = True


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One result. `snippets`, if asked for.

    "name" and "summary"; "features" and "text" only if words of the query are there.
    """

    id: str
    score: float = 0.0
    snippets: dict[str, Fragments] = {}


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One page of hits. Facet values come most frequent first, equal ones by code.

    `relaxed`: no document had all the words, so these have some of them. `apart`: none has the compound that
    was typed, only its parts. `suggestion` is the query with its unknown words mended, or "". `terms` are the
    words searched for as they were typed, `ignored` the stop words left out. Not `answered`: there is no
    index (yet), or it failed; nothing was found because nothing was looked at.
    """

    answered: bool = True

    total: int = 0
    hits: tuple[Hit, ...] = ()
    facets: dict[str, tuple[tuple[str, int], ...]] = {}
    relaxed: bool = False
    apart: bool = False
    suggestion: str = ""
    terms: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class SearchIndex(Protocol):
    """One index in one folder.

    Any number of processes and threads may read; writers take turns (a lock in the folder).
    """

    @property
    def cursor(self) -> Cursor:
        """Up to where the index has followed the change log."""
        ...

    def apply(self, replace: Iterable[Document], remove: Iterable[str], cursor: Cursor) -> None:
        """Replace and remove documents and move the cursor, in one commit.

        After a crash all of it is there or nothing.

        Raises IndexLost if the index broke or vanished since its cursor was read, IndexBusy, OSError if the
        disk is full.
        """
        ...

    def rebuild(self, documents: Iterable[Document], cursor: Cursor) -> None:
        """Begin anew with these documents, in one commit: readers see the old index until it is done."""
        ...

    def query(self, query: Query) -> Results:
        """Answer, from the newest commit. Raises QueryRefused, nothing else."""
        ...

    def matching(self, query: Query) -> frozenset[str]:
        """The ids of all that a query finds, however many.

        Raises QueryRefused, and IndexMissing where `query` would say that there is nothing: whoever asks for
        all takes what is absent for gone.
        """
        ...

    def complete(self, prefix: str, language: str, limit: int = 10) -> tuple[str, ...]:
        """Names, then words, that begin like this; as they are written in the documents."""
        ...

    def ids(self) -> set[str]:
        """The ids of all documents."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class IndexLost(Exception):
    """There is no index (any more) that these changes could be applied to.

    Read the cursor again: it says to rebuild.
    """


def open_index(
    engine: str, folder: Path, *, write: bool, synonyms: Mapping[str, tuple[str, ...]] | None = None
) -> SearchIndex:
    """The index in `folder`, made on the first write. `engine` is a key of ENGINES.

    Never fails on what lies there: an index that is broken, or was written by another version of the
    analysis, counts as empty with the cursor START; a broken one is moved aside and reported in the log.
    `synonyms` maps a word or words to others that mean the same.
    """
    from catalog.search.index import Index  # it builds on the types above

    module = import_module(ENGINES[engine])
    return Index(module.Engine, folder, write=write, engine=engine, synonyms=synonyms or {})
