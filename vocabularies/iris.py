"""Identifiers and page addresses of an instance: the one place that knows how they are built from BASE_URL.

`{base}/id/{kind}/{id}` names a thing, `{base}/solutions/{slug}` is the page about a solution.
"""

from __future__ import annotations

SOLUTION, RECORD, ORGANISATION, CATALOGUE = "solution", "record", "org", "catalog"


def thing(base: str, kind: str, id: str) -> str:
    """
    >>> thing("https://a.example", SOLUTION, "01J")
    'https://a.example/id/solution/01J'
    """
    return f"{base}/id/{kind}/{id}"


def id_of(iri: str, base: str, kind: str) -> str:
    """The id in an identifier of this instance and kind, "" for any other address.

    >>> id_of("https://a.example/id/solution/01J", "https://a.example", SOLUTION)
    '01J'
    """
    before = thing(base, kind, "")
    return iri.removeprefix(before) if iri.startswith(before) else ""


def last_segment(iri: str) -> str:
    """What stands behind the last slash: the id of a thing of whatever instance and kind."""
    return iri.rpartition("/")[2]


def catalogue(base: str) -> str:
    """The identifier of the catalogue itself."""
    return f"{base}/id/{CATALOGUE}"


def record_of(solution: str) -> str:
    """The catalogue record of a solution, by the solution's identifier.

    >>> record_of("https://a.example/id/solution/01J")
    'https://a.example/id/record/01J'
    """
    return solution.replace(f"/id/{SOLUTION}/", f"/id/{RECORD}/")


def page(base: str, slug: str) -> str:
    """The address of the page about a solution."""
    return f"{base}/solutions/{slug}"
