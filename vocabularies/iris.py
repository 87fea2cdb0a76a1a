"""Identifiers and page addresses of an instance: the one place that knows how they are built from BASE_URL.

`{base}/id/{kind}/{id}` names a thing, `{base}/solutions/{slug}` is the page about a solution. Without a base
they are paths. The routes of catalog/views/ say the same once more; a test holds them to each other.
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


def document(base: str, id: str, suffix: str) -> str:
    """The address of all that is known of a solution, in the form that the suffix names.

    >>> document("", "01J", "ttl")
    '/id/solution/01J.ttl'
    """
    return f"{thing(base, SOLUTION, id)}.{suffix}"


def page(base: str, slug: str) -> str:
    """The address of the page about a solution."""
    return f"{base}/solutions/{slug}"


def page_data(base: str, slug: str) -> str:
    """The address of the same as JSON."""
    return f"{page(base, slug)}.json"


def publisher_page(base: str, slug: str) -> str:
    """The address of the page about a publisher."""
    return f"{base}/publishers/{slug}"


def feed(base: str, suffix: str = "") -> str:
    """The address of the feed for portals, in the format of the suffix or in the one that is negotiated."""
    return f"{base}/dcat/catalog" + (f".{suffix}" if suffix else "")
