"""A solution as schema.org sees it, for search engines; small and without personal data."""

from __future__ import annotations

from typing import Any

from catalog.base.tables import SolutionRow
from catalog.views import present
from vocabularies import iris
from vocabularies.rdf import dcat_ap
from vocabularies.terms import Solution
from vocabularies.values import kinds


def software(row: SolutionRow, solution: Solution, *, base: str, language: str) -> dict[str, Any]:
    """schema:SoftwareApplication with its source code."""
    found = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "@id": iris.thing(base, iris.SOLUTION, row.id),
        "url": iris.page(base, row.slug),
        "name": present.clean(dcat_ap.name(solution, language)),
        "description": present.summary(solution, language).text,
        "applicationCategory": "GovernmentApplication",
        "softwareVersion": solution.version,
        "datePublished": solution.release_date,
        "isAccessibleForFree": bool(kinds.licences(solution.licence)) or None,
        "license": [f"https://spdx.org/licenses/{code}" for code in kinds.licences(solution.licence)],
        "codeRepository": solution.repository,
        "publisher": _organisation(solution),
        "operatingSystem": ", ".join(solution.platforms),
    }
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


def _organisation(solution: Solution) -> dict[str, str]:
    name = present.clean(dcat_ap.agent_name(solution))
    return {"@type": "Organization", "name": name} if name else {}
