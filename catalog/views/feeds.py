"""For machines: the portal feed, the documents of each solution, and our vocabularies. Absolute addresses come from BASE_URL, never from the request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from email.utils import format_datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.errors import SolutionNotFound
from catalog.changes import log
from catalog.outlets.dcat_feed import Asked
from catalog.search import MAX_SIZE, Query
from catalog.search.indexing import FACETS
from catalog.views import negotiation
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, services
from vocabularies.rdf.turtle import serialise

blueprint = Blueprint("feeds", __name__)
_FEED_FORMATS = ("ttl", "rdf", "jsonld", "nt")
_KEPT_PAGES = 64


class _Pages:
    """The bytes of the feed pages that were asked for last; a page is made once for each state of the log."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...], make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
                return self._pages[key]
        made = make()
        with self._lock:
            self._pages[key] = made
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        return made


_pages = _Pages()


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
    query = [(name, value) for name, value in request.args.items(multi=True) if name == "q" or name in FACETS]
    after = request.args.get("after", "")

    def make() -> Response:
        only = frozenset(matching(query)) if query else None
        with services().database.read() as session:
            head = log.head(session)
            key = (
                services().settings.base_url,
                services().build,
                head.epoch,
                str(head.seq),
                suffix,
                named,
                after,
                repr(sorted(query)),
            )
            body = _pages.get(key, lambda: _page(session, suffix, named, after, only, query))
        response = negotiation.rdf_response(body, suffix)
        response.headers["Last-Modified"] = format_datetime(
            clock.moment(max(head.published, "1971-01-01T00:00:00.000Z")), usegmt=True
        )
        return response

    return conditional(make)


def _page(
    session: Session,
    suffix: str,
    named: str,
    after: str,
    only: frozenset[str] | None,
    query: list[tuple[str, str]],
) -> bytes:
    feed, asked = services().feed, Asked(named, after, only, query)
    if suffix == "ttl":
        return b"".join(feed.turtle(session, asked))
    return b"".join(serialise(feed.page(session, asked).lines, suffix))


def matching(query: list[tuple[str, str]]) -> set[str]:
    """The ids of all solutions a filter finds. Raises QueryRefused."""
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in query:
        if name != "q":
            filters[name] = (*filters.get(name, ()), value)
    text, found, number = dict(query).get("q", ""), set[str](), 1
    while True:
        results = services().index.query(
            Query(text=text, filters=filters, sort="name", page=number, size=MAX_SIZE, highlight=False)
        )
        found.update(hit.id for hit in results.hits)
        if number * MAX_SIZE >= results.total:
            return found
        number += 1


@blueprint.route("/id/catalog")
@access(PUBLIC)
def catalogue() -> Response:
    """The catalogue's identifier leads to the feed, or home."""
    suffix = negotiation.negotiated(_FEED_FORMATS, html=True)
    return negotiation.see("/dcat/catalog." + suffix if suffix else "/")
