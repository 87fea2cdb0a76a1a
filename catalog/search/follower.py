"""The search index as a follower of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base.settings import Settings
from catalog.base.states import EntryState
from catalog.base.tables import SolutionRow
from catalog.changes.cursor import Cursor
from catalog.changes.followers import Lost, Page
from catalog.search import Document, IndexLost, SearchIndex, indexing
from vocabularies import iris

_BATCH = 200


class IndexFollower:
    """Keeps the index of DATA_DIR equal to the listed solutions.

    Its cursor lies in the index, in the same commit.
    """

    name = "index"
    per_node = True

    def __init__(self, index: SearchIndex, settings: Settings) -> None:
        self.index = index
        self.settings = settings

    @property
    def cursor(self) -> Cursor:
        """How far the newest commit of the index has come."""
        return self.index.cursor

    def handle(self, session: Session, page: Page) -> None:
        """Put in what is listed now, take out what is not."""
        base = self.settings.base_url
        subjects = (change.subject for change in page.changes if change.kind == iris.SOLUTION)
        touched = {*page.solutions, *(iris.id_of(subject, base, iris.SOLUTION) for subject in subjects)} - {
            ""
        }
        # By id alone: beside a condition on the state, SQLite would read every listed row.
        rows = session.scalars(select(SolutionRow).where(SolutionRow.id.in_(touched)))
        documents = [indexing.document(row, self.settings) for row in rows if row.state == EntryState.LISTED]
        gone = touched - {document.id for document in documents}
        try:
            self.index.apply(documents, gone, page.cursor)
        except IndexLost as error:
            raise Lost from error

    def rebuild(self, session: Session, cursor: Cursor) -> None:
        """Make the index anew; readers see the old one until it is done."""
        self.index.rebuild(self._documents(session), cursor)

    def _documents(self, session: Session) -> Iterator[Document]:
        """Every listed solution. Their ids first: sorting whole rows would take hundreds of megabytes."""
        listed = session.scalars(select(SolutionRow.id).where(SolutionRow.state == EntryState.LISTED))
        ids = sorted(listed)
        for start in range(0, len(ids), _BATCH):
            batch = select(SolutionRow).where(SolutionRow.id.in_(ids[start : start + _BATCH]))
            for row in session.scalars(batch):
                yield indexing.document(row, self.settings)
            session.expunge_all()
