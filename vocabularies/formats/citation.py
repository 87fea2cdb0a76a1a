"""CITATION.cff 1.2 (1.0 and 1.1 tolerated): schema-guide.md of citation-file-format/citation-file-format."""

from __future__ import annotations

from vocabularies import documents, kinds
from vocabularies.crosswalk import Crosswalk, Reading, Row, read, sorted_problems
from vocabularies.kinds import DATE, LINE, PROSE, URL
from vocabularies.terms import Solution

ROWS: tuple[Row, ...] = (
    Row("title", "name", LINE, needed=True),
    Row("abstract", "text", PROSE),
    Row("version", "version", kinds.VERSION),
    Row("date-released", "release_date", DATE),
    Row("license", "licence", kinds.LICENCE),
    Row("repository-code", "repository", URL),
    Row("url", "landing_page", URL),
    Row("keywords[]", "keywords", LINE),
)
IGNORED: dict[str, str] = {}
CROSSWALK = Crosswalk("citation", ROWS, IGNORED)


def parse(content: bytes) -> Reading:
    """Read a CITATION.cff. The reading is usable if it says a title."""
    reading = read(CROSSWALK, documents.parse(content, "YAML"))
    solution = Solution(**reading.values) if reading.values.get("name") else None
    return Reading(format="citation", solution=solution, problems=sorted_problems(reading.problems))
