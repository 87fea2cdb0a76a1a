"""codemeta.json, versions 2 and 3: codemeta.github.io/terms."""

from __future__ import annotations

from vocabularies import documents, kinds
from vocabularies.crosswalk import Crosswalk, Reading, Row, read, sorted_problems
from vocabularies.kinds import DATE, LINE, PROSE, URL
from vocabularies.terms import Solution

ROWS: tuple[Row, ...] = (
    Row("name", "name", LINE),
    Row("description", "text", PROSE),
    Row("codeRepository", "repository", URL),
    Row("license", "licence", kinds.LICENCE),
    Row("version", "version", kinds.VERSION),
    Row("dateCreated", "first_published", DATE),
    Row("datePublished", "release_date", DATE),
    Row("keywords[]", "keywords", LINE),
    Row("programmingLanguage[]", "programming_languages", LINE),
    Row("issueTracker", "issue_tracker", URL),
    Row("url", "landing_page", URL),
)
CROSSWALK = Crosswalk("codemeta", ROWS)


def parse(content: bytes) -> Reading:
    """Read a codemeta.json. The reading is usable if it says a name or what the software does."""
    reading = read(CROSSWALK, documents.parse(content, "JSON"))
    usable = any(reading.values.get(field) for field in ("name", "text"))
    return Reading(format="codemeta", solution=Solution(**reading.values) if usable else None, problems=sorted_problems(reading.problems))
