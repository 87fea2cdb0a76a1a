"""Home, about, feeds, sources, the operator's texts, the language, and the files every page needs."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, redirect, request, url_for

from catalog.base.errors import SolutionNotFound
from catalog.harvesting.sources import health, kind, shown_page
from catalog.operations.services import Services
from catalog.search import Query
from catalog.views import present, searching, sitemaps, static_files, texts
from catalog.views.access import PUBLIC, access
from catalog.views.page import LANGUAGE_COOKIE, conditional, page, services, translator
from vocabularies import concepts
from vocabularies.formats.lookup import written

blueprint = Blueprint("site", __name__)

_YEAR = 31_536_000
_SOURCES = 60  # on a page


# --- what every template may use ------------------------------------------------------------------------


@blueprint.app_context_processor
def _context() -> dict[str, object]:
    base = services().settings.base_url
    path = request.path
    asked = request.args.get("lang", "")
    languages = services().settings.languages
    return {
        "base_url": base,
        "canonical": f"{base}{path}?lang={asked}" if asked in languages else base + path,
        "alternates": [
            *((code, f"{base}{path}?lang={code}") for code in languages),
            ("x-default", base + path),
        ],
    }


@blueprint.app_template_global()
def asset(name: str) -> str:
    """The address of a file; it changes with the build, so that browsers may keep the file for a year."""
    return url_for("site.static", name=name, v=services().build)


# --- pages ----------------------------------------------------------------------------------------------


@blueprint.route("/")
@access(PUBLIC)
def home() -> Response:
    """Search, topics, what is new, and three doors."""
    return conditional(_home)


def _home() -> Response:
    words = translator()
    index = services().index
    results = index.query(
        Query(
            sort="recency",
            size=6,
            facets=("topic", "publisher", "programme"),
            highlight=False,
            language=words.language,
        )
    )
    with services().database.read() as session:
        rows = searching.rows(session, results)
        cards = [present.card(rows[hit.id], words) for hit in results.hits if hit.id in rows]
    return page(
        "home.html",
        cards=cards,
        total=results.total,
        topics=_topics(dict(results.facets.get("topic", ())), words.language),
        publishers=len(results.facets.get("publisher", ())),
        projects=len(results.facets.get("programme", ())),
    )


def _topics(counts: dict[str, int], language: str) -> list[tuple[str, str, str, int]]:
    """(code, label, what it is about, how many), in the scheme's order.

    Topics with nothing in them stay away.
    """
    return [
        (
            code,
            concepts.label("topic", code, language),
            present.meaning("topic", code, language),
            counts[code],
        )
        for code in concepts.scheme("topic").concepts
        if counts.get(code)
    ]


@blueprint.route("/about")
@access(PUBLIC)
def about() -> Response:
    """What this is, for whom, and how it works."""
    return conditional(lambda: page("about.html"))


@blueprint.route("/feeds")
@access(PUBLIC)
def feeds_page() -> Response:
    """How other systems read the catalogue."""
    return conditional(lambda: page("feeds.html", sizes=_sizes(services()), written=list(written())))


def _sizes(these: Services) -> dict[str, int]:
    with these.database.read() as session:
        fed = these.feed.total(session)
    return {"listed": these.index.query(Query(size=0, highlight=False)).total, "in_feed": fed}


@blueprint.route("/sources")
@access(PUBLIC)
def sources() -> Response:
    """Where the entries come from, and what could not be reached."""
    return conditional(_sources)


def _sources() -> Response:
    words = translator()
    number = searching.query_of(request.args, words.language).page
    with services().database.read() as session:
        found = shown_page(session, number=number, size=_SOURCES)
    return page(
        "sources.html",
        sources=[(row, kind(row, words), health(row, words)) for row in found.rows],
        total=found.total,
        failing=found.failing,
        pages=searching.pages(Query(page=number, size=_SOURCES), found.total, "/sources"),
        robots="noindex, follow" if number > 1 else "",
    )


@blueprint.route("/imprint", defaults={"name": "imprint"})
@blueprint.route("/privacy", defaults={"name": "privacy"})
@blueprint.route("/accessibility", defaults={"name": "accessibility"})
@access(PUBLIC)
def text(name: str) -> Response:
    """The operator's own words, or a template of ours that says what is missing."""
    these = services()
    words = translator()
    return conditional(
        lambda: page("text.html", text=texts.shown(these, name, words)),
        also=texts.stamp(these.settings, name),
    )


@blueprint.route("/language/<code>")
@access(PUBLIC)
def language(code: str) -> Response:
    """Remember the language and go back to where the visitor was; only to a path of this site."""
    if code not in services().settings.languages:
        raise SolutionNotFound
    response: Response = redirect(local_path(request.args.get("next", "/")), code=303)  # type: ignore[assignment]
    secure = services().settings.base_url.startswith("https://")
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure)
    response.headers["Cache-Control"] = "no-store"
    return response


def local_path(address: str) -> str:
    """The path of this site that an address means, without `lang`; "/" for every other.

    >>> local_path("/solutions?q=a&lang=de")
    '/solutions?q=a'
    >>> local_path("//evil.example/"), local_path("/\\\\evil.example"), local_path("https://evil.example")
    ('/', '/', '/')
    >>> local_path("//[evil.example")
    '/'
    """
    try:
        parts = urlsplit(address.replace("\\", "/").strip())
    except ValueError:  # a bracket where a host would stand
        return "/"
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "lang"])
    return parts.path + (f"?{query}" if query else "")


# --- files ----------------------------------------------------------------------------------------------


@blueprint.route("/static/<path:name>")
@access(PUBLIC)
def static(name: str) -> Response:
    """A file of ours, or one of KERN's unchanged."""
    found = static_files.find(name)
    if found is None:
        raise SolutionNotFound
    content, packed, kind = found
    smaller = packed and request.accept_encodings["gzip"] > 0
    response = Response(packed if smaller else content, content_type=kind)
    if smaller:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, " + (
        f"max-age={_YEAR}, immutable" if request.args.get("v") else "max-age=86400"
    )
    return response


@blueprint.route("/robots.txt")
@access(PUBLIC)
def robots() -> Response:
    """What search engines may read: the pages, not every search that can be thought of."""
    closed = ("/solutions?", "/language/", "/operator", "/sign-in", "/register")
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in closed),
        f"Sitemap: {services().settings.base_url}/sitemap.xml",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.route("/sitemap.xml")
@access(PUBLIC)
def sitemap() -> Response:
    """All pages with their dates; an index of parts where there are too many for one file."""
    return conditional(lambda: sitemaps.answer(services(), request.args.get("part", "")), max_age=3600)
