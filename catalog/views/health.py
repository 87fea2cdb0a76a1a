"""For machines that watch: is it alive, is it ready, what are its numbers."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.errors import NotReady
from catalog.base.tables import SourceRow
from catalog.changes import log
from catalog.changes.followers import Follower, Lag, end, lag
from catalog.search.follower import IndexFollower
from catalog.views.access import PUBLIC, access
from catalog.views.page import services

_LOG = logging.getLogger("allmende")
blueprint = Blueprint("health", __name__)
LAG_MINUTES = 5  # how old an entry of the log may be, or a fact, that a follower does not know yet
_REGISTRY = CollectorRegistry()
_REQUESTS = Counter(
    "allmende_requests_total", "Answered requests", ["endpoint", "status"], registry=_REGISTRY
)
_SECONDS = Histogram("allmende_request_seconds", "Time to answer", ["endpoint"], registry=_REGISTRY)
_SOLUTIONS = Gauge("allmende_solutions", "Solutions by state", ["state"], registry=_REGISTRY)
_SOURCES = Gauge("allmende_sources", "Sources by health", ["health"], registry=_REGISTRY)
_HEAD = Gauge("allmende_log_head", "The last entry of the change log", registry=_REGISTRY)
_FOLLOWERS = Gauge(
    "allmende_follower_lag",
    "Log entries and facts a follower does not know yet",
    ["follower"],
    registry=_REGISTRY,
)
_INDEX = Gauge("allmende_index_lag", "Log entries the search index does not know yet", registry=_REGISTRY)


def count(endpoint: str, status: int, seconds: float) -> None:
    """Note one answered request."""
    _REQUESTS.labels(endpoint, str(status)).inc()
    _SECONDS.labels(endpoint).observe(seconds)


@blueprint.route("/healthz")
@access(PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.route("/readyz")
@access(PUBLIC)
def readyz() -> Response:
    """The database answers, and every follower knows what is older than LAG_MINUTES.

    Else 503.

    A crawl is always a little ahead of the index; only a follower that nobody brings up to date, or that
    begins anew, is worth an alarm.
    """
    try:
        with services().database.read() as session:
            head = log.head(session)
            lags = {follower.name: _lag(session, follower) for follower in services().followers}
    except SQLAlchemyError as error:
        raise NotReady from error
    if any(_too_late(follower, lags[follower.name]) for follower in services().followers):
        raise NotReady
    behind = {name: one.entries for name, one in lags.items()}
    return jsonify(
        {
            "ready": True,
            "epoch": head.epoch,
            "seq": head.seq,
            "behind": max(behind.values()),
            "followers": behind,
        }
    )


def _lag(session: Session, follower: Follower) -> Lag:
    """One whose cursor cannot be read has lost its place; the others are told all the same."""
    try:
        return lag(session, follower)
    except SQLAlchemyError:
        raise
    except Exception:
        _LOG.exception("a follower does not say how far it is", extra={"follower": follower.name})
        last = end(session)
        return Lag(last.seq, last.facts, "", lost=True)


def _too_late(follower: Follower, one: Lag) -> bool:
    """Whether it begins anew, lacks an old entry of the log, or has stood still for long before new facts."""
    if one.lost:
        return True
    stands_since = services().stalled.since(follower.name, one.cursor, behind=one.behind)
    long_ago = clock.later(clock.now(), minutes=-LAG_MINUTES)
    return any(moment and moment < long_ago for moment in (one.since, stands_since))


@blueprint.route("/.well-known/security.txt")
@access(PUBLIC)
def security() -> Response:
    """Whom to tell of a hole (RFC 9116): the operator's mailbox, else the imprint."""
    settings = services().settings
    contact = f"mailto:{settings.contact}" if settings.contact else f"{settings.base_url}/imprint"
    languages = ", ".join(settings.languages)
    expires = clock.later(clock.now(), days=180)
    address = f"{settings.base_url}/.well-known/security.txt"
    return Response(
        f"Contact: {contact}\nExpires: {expires}\nPreferred-Languages: {languages}\nCanonical: {address}\n",
        mimetype="text/plain",
    )


@blueprint.route("/metrics")
@access(PUBLIC)
def metrics() -> Response:
    """Prometheus' text format: counts only, nothing about persons."""
    with services().database.read() as session:
        head = log.head(session)
        _SOLUTIONS.clear()
        for state, number in services().state_counts.of(session).items():
            _SOLUTIONS.labels(state).set(number)
        failing = (
            session.scalar(select(func.count()).select_from(SourceRow).where(SourceRow.failing_since != ""))
            or 0
        )
        _SOURCES.labels("failing").set(failing)
        _SOURCES.labels("all").set(session.scalar(select(func.count()).select_from(SourceRow)) or 0)
        for follower in services().followers:
            behind = _lag(session, follower)
            _FOLLOWERS.labels(follower.name).set(behind.entries + behind.facts)
            if follower.name == IndexFollower.name:
                _INDEX.set(behind.entries)
    _HEAD.set(head.seq)
    return Response(generate_latest(_REGISTRY), content_type=CONTENT_TYPE_LATEST)
