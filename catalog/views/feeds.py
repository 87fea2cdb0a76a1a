"""The feed for portals. Absolute addresses come from BASE_URL, never from the request."""

from __future__ import annotations

from email.utils import format_datetime

from flask import Blueprint, Response, request

from catalog.base import clock
from catalog.base.errors import SolutionNotFound
from catalog.changes import log
from catalog.outlets.dcat_feed import PageRequest
from catalog.search import Query
from catalog.search.indexing import FACETS
from catalog.views import negotiation
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, services
from vocabularies import iris
from vocabularies.rdf.turtle import serialise

blueprint = Blueprint("feeds", __name__)
_FEED_FORMATS = ("ttl", "rdf", "jsonld", "nt")
# Portals delete by absence: an outage of a forge must not take its entries out of a feed.
_FILTERS = {"q", *FACETS} - {"life"}
_BEGINNING = "1971-01-01T00:00:00.000Z"  # before anything was published


@blueprint.route("/dcat/catalog")
@access(PUBLIC)
def catalog() -> Response:
    """The feed, its format negotiated; answered directly, never by a redirect."""
    return _feed(negotiation.negotiated(_FEED_FORMATS), named="")


@blueprint.route("/dcat/catalog.<suffix>")
@access(PUBLIC)
def catalog_as(suffix: str) -> Response:
    """The feed in the format of the suffix."""
    if suffix not in _FEED_FORMATS:
        raise SolutionNotFound
    return _feed(suffix, named=suffix)


def _feed(suffix: str, *, named: str) -> Response:
    """A page of the feed.

    What changes outside the log changes no page of it, so that portals need not read it again.
    """
    query = [(name, value) for name, value in request.args.items(multi=True) if name in _FILTERS]
    state = services().revision() if query else services().log_position()
    return conditional(lambda: _page(suffix, named, query), state=state)


def _page(suffix: str, named: str, query: list[tuple[str, str]]) -> Response:
    only = _matching(query) if query else None
    wanted = PageRequest(named, request.args.get("after", ""), only, query=query)
    feed = services().feed
    with services().database.read() as session:
        published = max(log.head(session).published, _BEGINNING)
        if suffix == "ttl":
            body = b"".join(feed.turtle(session, wanted))
        else:
            body = b"".join(serialise(feed.page(session, wanted).lines, suffix))
    response = negotiation.rdf_response(body, suffix)
    response.headers["Last-Modified"] = format_datetime(clock.moment(published), usegmt=True)
    return response


def _matching(query: list[tuple[str, str]]) -> frozenset[str]:
    """The ids of all solutions a filter finds. Raises QueryRefused, IndexMissing."""
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in query:
        if name != "q":
            filters[name] = (*filters.get(name, ()), value)
    return services().index.matching(Query(text=dict(query).get("q", ""), filters=filters))


@blueprint.route("/id/catalog")
@access(PUBLIC)
def catalogue() -> Response:
    """The catalogue's identifier leads to the feed, or home."""
    base = services().settings.base_url
    suffix = negotiation.negotiated(_FEED_FORMATS, html=True)
    return negotiation.see(iris.feed(base, suffix) if suffix else f"{base}/")
