"""Every kind of page that P11 measures: a line for each, in the order of docs/performance.md."""

from __future__ import annotations

from typing import NamedTuple

from flask import Flask

from vocabularies import concepts

_WORDS = ("daten", "b%C3%BCrger", "plattform", "wasser", "spielplatz", "data+city", "verkehr+sensor", "stadt")
# More questions than are kept of a commit, each with tens of thousands of hits, so that each is answered as
# the first of its kind: a word without another that nobody has.
_NEVER_KEPT = tuple(f"?q={word}+-qq{number}" for number, word in enumerate(_WORDS * 50))
_ID = f"01{7:024d}"
_PROJECT = next(iter(concepts.scheme("project").concepts))


class Kind(NamedTuple):
    """A kind of page: the route that answers, and addresses that are asked in turn."""

    what: str
    route: str
    paths: tuple[str, ...]
    status: int = 200

    @property
    def operators(self) -> bool:
        """Whether one must be signed in."""
        return self.route.startswith("/operator")


def _searches(path: str, more: str = "") -> tuple[str, ...]:
    return tuple(f"{path}?q={word}{more}" for word in _WORDS)


KINDS = (
    Kind("home", "/", ("/",)),
    Kind("results", "/solutions", ("/solutions",)),
    Kind("results, page 50", "/solutions", ("/solutions?page=50",)),
    Kind("results by name, page 50", "/solutions", ("/solutions?sort=name&page=50",)),
    Kind("results by name", "/solutions", ("/solutions?sort=name",)),
    Kind("results of a query", "/solutions", _searches("/solutions")),
    Kind("results of a query not asked before", "/solutions", tuple(f"/solutions{of}" for of in _NEVER_KEPT)),
    Kind("results of a query by name", "/solutions", _searches("/solutions", "&sort=name")),
    Kind(
        "results with a filter",
        "/solutions",
        ("/solutions?status=stable", "/solutions?licence=MIT", "/solutions?state=DE-SN"),
    ),
    Kind(
        "results with three filters",
        "/solutions",
        (
            "/solutions?status=stable&licence=MIT&language=de",
            "/solutions?kind=library&status=beta&platform=web",
        ),
    ),
    Kind("results of a query with a filter", "/solutions", _searches("/solutions", "&status=stable")),
    Kind("results of a publisher", "/solutions", ("/solutions?publisher=stadt-stadt-0",)),
    Kind(
        "results of a misspelt query",
        "/solutions",
        ("/solutions?q=plattfrom", "/solutions?q=dtaen+qqxyz", "/solutions?q=spielpltz"),
    ),
    Kind(
        "results of a query that names a filter", "/solutions", ("/solutions?q=MIT", "/solutions?q=sachsen")
    ),
    Kind("JSON", "/solutions.json", ("/solutions.json",)),
    Kind("JSON of a query", "/solutions.json", _searches("/solutions.json")),
    Kind(
        "JSON of a query not asked before",
        "/solutions.json",
        tuple(f"/solutions.json{of}" for of in _NEVER_KEPT),
    ),
    Kind("JSON with a filter, 100 a page", "/solutions.json", ("/solutions.json?status=stable&size=100",)),
    Kind("Atom", "/feed.atom", ("/feed.atom",)),
    Kind("Atom of a query", "/solutions.atom", _searches("/solutions.atom")),
    Kind("Atom of a filter", "/solutions.atom", ("/solutions.atom?status=stable",)),
    Kind(
        "suggestions",
        "/suggest",
        (
            "/suggest?q=s",
            "/suggest?q=da",
            "/suggest?q=sta",
            "/suggest?q=platt",
            "/suggest?q=b%C3%BCrger",
            "/suggest?q=x",
        ),
    ),
    Kind(
        "a solution", "/solutions/<slug>", tuple(f"/solutions/solution-{number}" for number in range(7, 15))
    ),
    Kind("a solution as JSON", "/solutions/<slug>.json", ("/solutions/solution-7.json",)),
    Kind(
        "a solution's file", "/solutions/<slug>/source/<format>", ("/solutions/solution-7/source/publiccode",)
    ),
    Kind("publishers", "/publishers", ("/publishers",)),
    Kind("publishers, page 2", "/publishers", ("/publishers?page=2",)),
    Kind(
        "publishers with a word",
        "/publishers",
        ("/publishers?q=gemeinde", "/publishers?q=stadt-1", "/publishers?q=nowhere"),
    ),
    Kind("the largest publisher", "/publishers/<slug>", ("/publishers/stadt-stadt-0",)),
    Kind("a small publisher", "/publishers/<slug>", ("/publishers/gemeinde-7",)),
    Kind("the projects", "/programme", ("/programme",)),
    Kind("a project", "/programme/<code>", (f"/programme/{_PROJECT}",)),
    Kind("sources", "/sources", ("/sources",)),
    Kind("about feeds", "/feeds", ("/feeds",)),
    Kind("about", "/about", ("/about",)),
    Kind("imprint", "/imprint", ("/imprint",)),
    Kind("privacy", "/privacy", ("/privacy",)),
    Kind("accessibility", "/accessibility", ("/accessibility",)),
    Kind("register", "/register", ("/register",)),
    Kind("sign in", "/sign-in", ("/sign-in",)),
    Kind("the language", "/language/<code>", ("/language/en",), 303),
    Kind("a style sheet", "/static/<path:name>", ("/static/allmende.css",)),
    Kind("robots.txt", "/robots.txt", ("/robots.txt",)),
    Kind("the feed", "/dcat/catalog", ("/dcat/catalog",)),
    Kind(
        "a page of the feed",
        "/dcat/catalog.<suffix>",
        tuple(f"/dcat/catalog.ttl?after=01{number:024d}" for number in range(199, 800, 100)),
    ),
    Kind(
        "a page of the feed as RDF/XML",
        "/dcat/catalog.<suffix>",
        ("/dcat/catalog.rdf?after=01000000000000000000000199",),
    ),
    Kind("the feed of a filter", "/dcat/catalog.<suffix>", ("/dcat/catalog.ttl?status=stable",)),
    Kind("the feed of a query", "/dcat/catalog.<suffix>", ("/dcat/catalog.ttl?q=daten",)),
    Kind("the catalogue's identifier", "/id/catalog", ("/id/catalog",), 303),
    Kind("a solution's identifier", "/id/solution/<ulid>", (f"/id/solution/{_ID}",), 303),
    Kind("a record's identifier", "/id/record/<ulid>", (f"/id/record/{_ID}",), 303),
    Kind("an organisation's identifier", "/id/org/<slug>", ("/id/org/stadt-stadt-0",), 303),
    *(
        Kind(
            f"a solution as {suffix}",
            "/id/solution/<string(length=26):ulid>.<path:suffix>",
            (f"/id/solution/{_ID}.{suffix}",),
        )
        for suffix in ("ttl", "rdf", "jsonld", "nt", "codemeta.json", "publiccode.yml")
    ),
    Kind("a scheme", "/def/<scheme>", ("/def/topic.ttl",)),
    Kind("a concept", "/def/<scheme>/<path:code>", (f"/def/project/{_PROJECT}",)),
    Kind("opensearch.xml", "/opensearch.xml", ("/opensearch.xml",)),
    Kind("health", "/healthz", ("/healthz",)),
    Kind("readiness", "/readyz", ("/readyz",)),
    Kind("metrics", "/metrics", ("/metrics",)),
    Kind("security.txt", "/.well-known/security.txt", ("/.well-known/security.txt",)),
    Kind("sitemap", "/sitemap.xml", ("/sitemap.xml",)),
    Kind("a part of the sitemap", "/sitemap.xml", ("/sitemap.xml?part=1",)),
    Kind("operators' page", "/operator", ("/operator",)),
    Kind("operators: entries", "/operator/entries", ("/operator/entries",)),
    Kind(
        "operators: entries with a word",
        "/operator/entries",
        ("/operator/entries?q=plattform", "/operator/entries?q=solution-7"),
    ),
    Kind("operators: problems", "/operator/problems", ("/operator/problems",)),
    Kind("operators: an entry", "/operator/entries/<solution>", (f"/operator/entries/{_ID}",)),
    Kind(
        "operators: withdrawing",
        "/operator/entries/<solution>/withdraw",
        (f"/operator/entries/{_ID}/withdraw",),
    ),
    Kind("operators: sources", "/operator/sources", ("/operator/sources",)),
    Kind("operators: runs", "/operator/runs", ("/operator/runs",)),
    Kind("operators: a run", "/operator/runs/<int(max=2147483647):number>", ("/operator/runs/1",)),
    Kind("operators: what was done", "/operator/audit", ("/operator/audit",)),
)


def without_a_kind(app: Flask) -> set[str]:
    """The routes that may be asked with GET and that no kind is for."""
    routes = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return routes - {kind.route for kind in KINDS}
