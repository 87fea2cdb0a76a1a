"""Who publishes: the publishers and what they publish and use.

The 73 model projects and what each has given to all.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, request
from sqlalchemy import select

from catalog.base.errors import ProjectNotFound, PublisherNotFound
from catalog.base.states import EntryState
from catalog.base.tables import SourceRow
from catalog.entries import publishers, store
from catalog.search import MAX_SIZE, Query
from catalog.views import present, searching
from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, page, services, translator
from vocabularies import concepts, iris
from vocabularies.schemes.files import Concept

blueprint = Blueprint("publishers", __name__)
_SIZE = 60
_SHOWN = 60  # solutions on a page of one publisher


class Publisher(NamedTuple):
    """A publisher with the numbers of its solutions."""

    slug: str
    name: str
    listed: int
    drafts: int


class Project(NamedTuple):
    """A model project: its label, round, year, state, and how many of its solutions are listed."""

    code: str
    label: str
    round: str
    year: str
    state: str
    listed: int
    places: tuple[str, ...]


@blueprint.route("/publishers")
@access(PUBLIC)
def index() -> Response:
    """All publishers by name."""
    return conditional(_index)


def _index() -> Response:
    wanted = request.args.get("q", "").strip()[:100]
    query = searching.query_of(request.args, translator().language, size=_SIZE)
    with services().database.read() as session:
        total, rows = publishers.page(session, words=wanted, number=query.page, size=_SIZE)
    return page(
        "publishers.html",
        publishers=[
            Publisher(row.slug, present.clean(row.name) or row.slug, row.listed, drafts=row.drafts)
            for row in rows
        ],
        total=total,
        wanted=wanted,
        pages=searching.pages(query, total, "/publishers"),
        robots="noindex, follow" if wanted or query.page > 1 else "",
    )


@blueprint.route("/publishers/<slug>")
@access(PUBLIC)
def detail(slug: str) -> Response:
    """What a publisher publishes, drafts included, and what it uses."""
    return conditional(lambda: _detail(slug))


def _detail(slug: str) -> Response:
    words = translator()
    number = searching.query_of(request.args, words.language).page
    with services().database.read() as session:
        publisher = publishers.get(session, slug)
        entries = publishers.entries(session, publisher, number=number, size=_SHOWN)
        if not entries and number > 1:
            raise PublisherNotFound
        used = publishers.used_by(session, slug, limit=_SHOWN)
    agent = next((known.publisher for known in map(store.solution_of, entries) if known.publisher), None)
    return page(
        "publisher.html",
        name=present.clean(publisher.name) or slug,
        slug=slug,
        agent=agent,
        kind=present.label("agent-type", agent.kind, words) if agent and agent.kind else "",
        counts={EntryState.LISTED: publisher.listed, EntryState.DRAFT: publisher.drafts},
        listed=[present.card(row, words) for row in entries if row.state == EntryState.LISTED],
        drafts=[present.card(row, words) for row in entries if row.state == EntryState.DRAFT],
        used=[present.card(row, words) for row in used if row.publisher != slug],
        pages=searching.pages(
            Query(page=number, size=_SHOWN),
            publisher.listed + publisher.drafts,
            iris.publisher_page("", slug),
        ),
        robots="noindex, follow" if number > 1 else "",
    )


# --- the model projects ---------------------------------------------------------------------------------


@blueprint.route("/programme")
@access(PUBLIC)
def programme() -> Response:
    """The 73 model projects Smart Cities, by round and state."""
    return conditional(_programme)


def _programme() -> Response:
    words = translator()
    asked = {name: request.args.get(name, "") for name in ("round", "state")}
    counts = dict(
        services()
        .index.query(Query(size=0, facets=("programme",), highlight=False))
        .facets.get("programme", ())
    )
    every = [
        _project(concept, words.language, counts) for concept in concepts.scheme("project").concepts.values()
    ]
    shown = [
        one for one in every if all(not value or getattr(one, name) == value for name, value in asked.items())
    ]
    states = sorted(
        {(one.state, present.label("state", one.state, words)) for one in every if one.state},
        key=lambda pair: pair[1],
    )
    rounds = sorted({(one.round, one.year) for one in every if one.round})
    return page(
        "programme.html",
        projects=shown,
        total=len(every),
        asked=asked,
        states=states,
        rounds=rounds,
        state_names=dict(states),
        published=sum(one.listed > 0 for one in every),
        robots="noindex, follow" if any(asked.values()) else "",
    )


def _project(concept: Concept, language: str, counts: dict[str, int]) -> Project:
    about = concept.attributes
    label = concept.labels.get(language, concept.code)
    places = tuple(about.get("code", "").split())
    return Project(
        concept.code,
        label,
        about.get("round", ""),
        year=about.get("year", ""),
        state=about.get("state", ""),
        listed=counts.get(concept.code, 0),
        places=places,
    )


@blueprint.route("/programme/<code>")
@access(PUBLIC)
def project(code: str) -> Response:
    """One model project: who takes part, where its code lies, what it has published."""
    concept = concepts.scheme("project").concepts.get(code)
    if concept is None:
        raise ProjectNotFound
    return conditional(lambda: _project_page(concept))


def _project_page(concept: Concept) -> Response:
    words = translator()
    found = services().index.query(
        Query(filters={"programme": (concept.code,)}, sort="name", size=MAX_SIZE, highlight=False)
    )
    with services().database.read() as session:
        rows = searching.rows(session, found)
        places = list(
            session.scalars(
                select(SourceRow).where(SourceRow.project == concept.code).order_by(SourceRow.url)
            )
        )
    about = concept.attributes
    known = [place.url for place in places]
    return page(
        "project.html",
        project=_project(concept, words.language, {concept.code: found.total}),
        participants=[part.strip() for part in about.get("participants", "").split(";") if part.strip()],
        website=about.get("website", ""),
        state=present.label("state", about.get("state", ""), words) if about.get("state") else "",
        cards=[present.card(rows[hit.id], words) for hit in found.hits if hit.id in rows],
        total=found.total,
        places=[*known, *(place for place in about.get("code", "").split() if place not in known)],
        uses=about.get("uses", "").split(),
    )
