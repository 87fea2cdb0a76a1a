"""What the pages say, in both languages, for each kind of entry."""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import chain, product
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from catalog.base import language
from tests.catalog.views.conftest import Site
from tests.support.invented_catalogue import HOST, LANGUAGES
from tests.support.markup import Page

PATHS = (
    "/",
    "/solutions",
    "/solutions?q=karte&licence=EUPL-1.2",
    "/solutions?q=Quantenkartoffel",
    "/solutions?page=2",
    "/solutions?page=9",
    "/solutions/schlaglochfinder",
    "/solutions/entwurf",
    "/solutions/handverlesen",
    "/solutions/flickwerk",
    "/solutions/schlaglochfinder-privat",
    "/publishers",
    "/publishers?q=stadt",
    "/publishers/stadt-musterstadt",
    "/programme",
    "/programme?state=NW&round=1",
    "/programme/mpsc-01",
    "/sources",
    "/feeds",
    "/about",
    "/imprint",
    "/privacy",
    "/accessibility",
)


def page(client: FlaskClient, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, path
    return Page(answer.text)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound(site: Site, path: str, code: str) -> None:
    answer = site.client(code).get(path)
    found = Page(answer.text)
    assert answer.status_code == 200
    assert found.faults == []
    assert [element.attributes["lang"] for element in found.all("html")] == [code]
    assert len(found.all("h1")) == len(found.all("main")) == len(found.all("title")) == 1
    ids = [element.attributes["id"] for element in found.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    named: set[str] = set()
    for element, name in product(found.elements, ("aria-labelledby", "aria-describedby", "for")):
        named.update(element.attributes.get(name, "").split())
    assert named <= set(ids)
    levels = [int(element.tag[1]) for element in found.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels


@pytest.mark.parametrize("path", PATHS)
def test_nothing_stands_inline_and_nothing_comes_from_elsewhere(
    german_visitor: FlaskClient, path: str
) -> None:
    answer = german_visitor.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for element in Page(answer.text).elements:
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")]
        assert element.tag not in ("style", "iframe", "object", "base")
        assert (
            element.tag != "script"
            or element.attributes.get("type") == "application/ld+json"
            or element.attributes["src"].startswith("/static/complete.js")
        )
        for name in (
            "src",
            "action",
            *(("href",) if element.tag == "link" and "stylesheet" in element.attributes["rel"] else ()),
        ):
            assert element.attributes.get(name, "/").startswith("/")


@pytest.mark.parametrize("path", [path for path in PATHS if "q=" not in path])
def test_german_pages_are_german(site: Site, path: str) -> None:
    """No sentence of ours is left in English.

    What is said in German differs, except for words that both share.
    """
    german, english = page(site.client("de"), path), page(site.client("en"), path)
    words = {
        "Home",
        "Solutions",
        "Search",
        "Publisher",
        "Licence",
        "Facts",
        "What it does",
        "Skip to content",
        "About",
        "Imprint",
    }
    assert not words & {element.content for element in german.elements}
    assert words & {element.content for element in english.elements}


def test_every_link_of_the_site_leads_somewhere(german_visitor: FlaskClient) -> None:
    waiting, seen = ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        answer = german_visitor.get(path)
        assert answer.status_code < 400 or path == "/solutions/vorbei", f"{path}: {answer.status_code}"
        if answer.mimetype != "text/html" or "?" in path or len(seen) > 400:
            continue
        for link in Page(answer.text).links():
            target = urlsplit(urljoin(path, link))
            address = target.path + (f"?{target.query}" if target.query else "")
            if (
                not target.netloc
                and target.scheme == ""
                and address not in seen
                and not target.path.startswith(("/operator", "/language"))
            ):
                seen.add(address)
                waiting.append(address)
    assert len(seen) > 120


def test_home_counts_what_is_listed(german_visitor: FlaskClient) -> None:
    home = page(german_visitor, "/")
    assert "24 Lösungen" in home.text("main")
    assert any(link == "/solutions?topic=data" for link in home.links())


# --- searching ------------------------------------------------------------------------------------------


def names(found: Page) -> list[str]:
    return [element.content for element in found.all("h2") if element.content]


def test_a_search_finds_and_marks(german_visitor: FlaskClient) -> None:
    found = page(german_visitor, "/solutions?q=Schlaglöcher")
    assert "Schlaglochfinder" in names(found)
    assert any("Schlagl" in element.content for element in found.all("mark"))
    assert found.all("input", name="q")[0].attributes["value"] == "Schlaglöcher"


def test_filters_narrow_and_can_be_taken_away(german_visitor: FlaskClient) -> None:
    found = page(german_visitor, "/solutions?licence=MIT&status=stable")
    assert names(found) == ["Open Ledger", "Ratsuhr"] or set(names(found)) == {"Open Ledger", "Ratsuhr"}
    chosen = [box.attributes for box in found.all("input", type="checkbox") if "checked" in box.attributes]
    assert {(box["name"], box["value"]) for box in chosen} == {("licence", "MIT"), ("status", "stable")}
    assert {"/solutions?status=stable", "/solutions?licence=MIT", "/solutions"} <= set(found.links())
    assert found.all("meta", name="robots")[0].attributes["content"] == "noindex, follow"


@pytest.mark.parametrize(("code", "label"), [("de", "Archiviert"), ("en", "Archived")])
def test_which_are_alive_can_be_filtered(site: Site, code: str, label: str) -> None:
    client = site.client(code)
    found = json.loads(client.get("/solutions.json?life=archived").text)
    assert [item["name"] for item in found["items"]] == ["Amtsblatt digital"]
    assert {item["life"] for item in found["items"]} == {"archived"}
    values = {value["code"]: value for value in found["facets"]["life"]}
    assert values.keys() == {"reachable", "failing", "archived", "gone"}
    assert (values["archived"]["label"], values["archived"]["count"]) == (label, 1)
    alive = page(client, "/solutions?life=reachable")
    assert "Amtsblatt digital" not in alive.text("main")
    assert label in page(client, "/solutions?life=archived").text("main")


def test_the_count_of_a_facet_is_what_one_gets(german_visitor: FlaskClient) -> None:
    found = json.loads(german_visitor.get("/solutions.json").text)
    for facet, values in found["facets"].items():
        for value in values[:3]:
            assert (
                json.loads(german_visitor.get("/solutions.json", query_string={facet: value["code"]}).text)[
                    "total"
                ]
                == value["count"]
            )


def test_pages_of_results_hold_every_solution_once(german_visitor: FlaskClient) -> None:
    first, second = (
        page(german_visitor, "/solutions?sort=name"),
        page(german_visitor, "/solutions?sort=name&page=2"),
    )
    both = names(first) + names(second)
    assert len(names(first)) == 20
    assert len(both) == len(set(both)) == 24
    assert [link.attributes["href"] for link in first.all("a", rel="next")] == ["/solutions?sort=name&page=2"]
    assert [link.content for link in second.all("a", aria_current="page") if "Seite" in link.content] == [
        "Seite 2"
    ]


def test_nothing_found_comes_with_advice(german_visitor: FlaskClient) -> None:
    found = page(german_visitor, "/solutions?q=Quantenkartoffel&licence=MIT")
    assert "Es wurde nichts gefunden." in names(found)
    assert "/solutions?q=Quantenkartoffel" in found.links()
    assert "/solutions?topic=data" in found.links()


def test_did_you_mean(german_visitor: FlaskClient) -> None:
    assert "/solutions?q=schlaglochfinder" in [
        link.lower() for link in page(german_visitor, "/solutions?q=Schlaglochfindr").links()
    ]


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "a" * 300,
        "q=" + "+".join(f"wort{number}" for number in range(40)),
        "sort=beauty",
        "page=999999",
    ],
)
def test_a_refused_search_is_answered_with_a_sentence(site: Site, query: str) -> None:
    for code in LANGUAGES:
        refused = page(site.client(code), "/solutions?" + query, 400)
        assert len(refused.text("h1")) > 25
        assert "{" not in refused.text("h1")


@pytest.mark.parametrize("page_number", ["0", "-1", "x", "", "٣", "1e9"])
def test_an_odd_page_number_is_the_first_page(german_visitor: FlaskClient, page_number: str) -> None:
    assert (
        len(
            json.loads(german_visitor.get("/solutions.json", query_string={"page": page_number}).text)[
                "items"
            ]
        )
        > 0
    )


def test_a_results_page_asks_the_database_a_fixed_number_of_times(site: Site) -> None:
    asked: list[str] = []
    event.listen(
        site.services.database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2])
    )
    client = site.client()
    client.get("/solutions?q=Ratsuhr")
    few, before = len(asked), len(asked)
    client.get("/solutions")
    assert len(asked) - before <= few <= 6


def test_json_and_page_say_the_same(german_visitor: FlaskClient) -> None:
    data = json.loads(german_visitor.get("/solutions.json?q=karte&sort=name").text)
    assert [item["name"] for item in data["items"]] == names(
        page(german_visitor, "/solutions?q=karte&sort=name")
    )
    assert data["items"][0]["id"].startswith("https://allmende.example/id/solution/")


@pytest.mark.parametrize("path", ["/feed.atom", "/solutions.atom?q=karte", "/solutions.atom?licence=MIT"])
def test_atom_is_well_formed(german_visitor: FlaskClient, path: str) -> None:
    answer = german_visitor.get(path)
    root = ElementTree.fromstring(answer.text)
    space = {"a": "http://www.w3.org/2005/Atom"}
    assert answer.mimetype == "application/atom+xml"
    assert root.findtext("a:id", namespaces=space) == "https://allmende.example" + path
    assert root.findall("a:entry", space)
    assert all(entry.findtext("a:id", namespaces=space) for entry in root.findall("a:entry", space))


# --- one solution ---------------------------------------------------------------------------------------


def test_a_solution_says_what_a_town_asks(german_visitor: FlaskClient) -> None:
    found = page(german_visitor, "/solutions/schlaglochfinder")
    text = found.text("main")
    for wanted in (
        "Stadt Beispielingen",
        "Dürfen wir sie nutzen?",
        "Copyleft der EU",
        "14. September 2026",
        "Durch den Herausgeber",
        "Deutsch, Englisch",
        "PostgreSQL 15",
        "digital@musterstadt.example",
        f"{HOST}/privat/schlaglochfinder",
    ):
        assert wanted in text, wanted
    assert (
        found.all("link", rel="canonical")[0].attributes["href"]
        == "https://allmende.example/solutions/schlaglochfinder"
    )
    data = json.loads(found.all("script")[0].content)
    assert data["name"] == "Schlaglochfinder"
    assert data["license"] == ["https://spdx.org/licenses/EUPL-1.2"]


def test_text_in_another_language_says_so(site: Site) -> None:
    found = page(site.client("de"), "/solutions/open-ledger")
    assert [
        element.tag
        for element in found.elements
        if element.attributes.get("lang") == "en" and element.tag in ("p", "div", "ul")
    ] == ["p", "div", "ul"]
    assert not [
        element
        for element in page(site.client("en"), "/solutions/open-ledger").elements
        if element.attributes.get("lang") == "en" and element.tag != "html"
    ]


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("entwurf", "noch keine Metadatendatei"),
        ("schlaglochfinder-privat", "Das Original ist Schlaglochfinder"),
        ("anderswo", "nennt sich Kopie von"),
        ("dorfbus", "seit 2. November 2026 nicht erreichbar"),
        ("amtsblatt-digital", "archiviert"),
        ("stadtarchiv-offen", "verschwunden"),
        ("handverlesen", "Stand Oktober 2026, noch nicht aus dem Repository gelesen"),
        ("ohnelizenz", "Ohne Lizenz darf niemand"),
        ("flickwerk", "Zeile 11, Spalte"),
    ],
)
def test_a_special_case_is_explained(german_visitor: FlaskClient, slug: str, sentence: str) -> None:
    assert re.search(sentence, page(german_visitor, f"/solutions/{slug}").text("main"))


@pytest.mark.parametrize(
    ("slug", "indexed"), [("schlaglochfinder", True), ("entwurf", False), ("schlaglochfinder-privat", False)]
)
def test_only_what_is_listed_is_for_search_engines(
    german_visitor: FlaskClient, slug: str, indexed: bool
) -> None:
    found = page(german_visitor, f"/solutions/{slug}")
    assert bool(found.all("meta", name="robots")) != indexed
    assert bool(found.all("script")) == indexed


@pytest.mark.parametrize(
    ("slug", "status"), [("wartet", 404), ("verborgen", 404), ("vorbei", 410), ("gibt-es-nicht", 404)]
)
@pytest.mark.parametrize("form", ["/solutions/{}", "/solutions/{}.json", "/solutions/{}/source/publiccode"])
def test_what_is_not_to_be_seen_is_not_seen(
    german_visitor: FlaskClient, slug: str, status: int, form: str
) -> None:
    answer = german_visitor.get(form.format(slug))
    assert answer.status_code == status
    assert "example/neu" not in answer.text
    assert "@" not in answer.text


def test_a_person_is_shown_on_request_only_and_not_as_data(german_visitor: FlaskClient, site: Site) -> None:
    slug = "donaudampfschifffahrtsgesellschaftskapitaenskajuetenreservierungssystem"
    html = german_visitor.get(f"/solutions/{slug}").text
    inside = [
        element
        for element in Page(html).all("details")
        if "erika.mustermann@firma.example" in element.content
    ]
    assert len(inside) == 1
    assert "open" not in inside[0].attributes
    assert html.count("+49 30 1111111") == 1
    assert "erika.mustermann" not in german_visitor.get(f"/solutions/{slug}.json").text
    assert "erika.mustermann" not in german_visitor.get("/solutions.json").text


def test_a_file_is_shown_byte_for_byte_and_never_run(german_visitor: FlaskClient) -> None:
    answer = german_visitor.get("/solutions/flickwerk/source/publiccode")
    assert answer.data.startswith(b"publiccodeYmlVersion: 0.2\nname: Flickwerk")
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert german_visitor.get("/solutions/handverlesen/source/curated").status_code == 404


def _problems(solution: dict[str, Any]) -> list[Any]:
    return list(chain.from_iterable(document["problems"] for document in solution["documents"]))


def test_json_of_a_solution_holds_the_remarks_in_the_visitors_language(site: Site) -> None:
    german, english = (
        json.loads(site.client(code).get("/solutions/flickwerk.json").text) for code in LANGUAGES
    )
    problems = _problems(german)
    assert {problem["code"] for problem in problems} >= {"bad-licence", "bad-date", "not-read"}
    assert problems != _problems(english)
    assert german["provenance"]["name"]["format"] == "publiccode"


# --- publishers and projects ----------------------------------------------------------------------------


def test_a_publisher_shows_what_it_publishes_and_uses(german_visitor: FlaskClient) -> None:
    text = page(german_visitor, "/publishers/stadt-musterstadt").text("main")
    published, _, used = text.partition("Hier im Einsatz")
    assert "Ratsuhr" in published
    assert "Parkauge" in published
    assert "Urbane Datendrehscheibe" in used
    assert "Parkauge" not in used
    assert "Entwürfe (1)" in page(german_visitor, "/publishers/nordheim").text("main")
    page(german_visitor, "/publishers/niemand", 404)


def test_publishers_are_found_by_a_part_of_their_name(german_visitor: FlaskClient) -> None:
    found = page(german_visitor, "/publishers?q=Musterstadt").text("main")
    assert "Stadtwerke Musterstadt" in found
    assert "Nordheim" not in found
    assert "Kein Herausgeber" in page(german_visitor, "/publishers?q=%25").text("main")


def test_all_model_projects_are_there_and_can_be_narrowed(german_visitor: FlaskClient) -> None:
    assert "73 Projekte" in page(german_visitor, "/programme").text("main")
    narrowed = page(german_visitor, "/programme?state=NW&round=1")
    assert "1 Lösung" in narrowed.text("main")
    assert "73 Projekte" not in narrowed.text("main")
    project = page(german_visitor, "/programme/mpsc-01")
    assert "Handverlesen" in project.text("main")
    assert f"{HOST}/musterstadt" in project.links()
    page(german_visitor, "/programme/mpsc-99", 404)


def test_sources_say_what_could_not_be_reached(german_visitor: FlaskClient) -> None:
    text = page(german_visitor, "/sources").text("main")
    assert "1 Quelle war zuletzt nicht erreichbar" in text
    assert "nicht erreicht seit 2. November 2026" in text
    assert "angehalten" in text


# --- language, caching, machines ------------------------------------------------------------------------


def test_the_language_switch_remembers_and_goes_back(site: Site) -> None:
    client = site.client("de")
    answer = client.get("/language/en?next=/solutions%3Fq%3Dkarte%26lang%3Dde")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/solutions?q=karte")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert page(client, "/").all("html")[0].attributes["lang"] == "en"
    assert page(client, "/?lang=de").all("html")[0].attributes["lang"] == "de"
    assert client.get("/language/fr").status_code == 404


def test_an_unchanged_page_is_not_made_again(site: Site) -> None:
    client = site.client("de")
    tag = client.get("/solutions/ratsuhr").headers["ETag"]
    assert client.get("/solutions/ratsuhr", headers={"If-None-Match": tag}).status_code == 304
    assert site.client("en").get("/solutions/ratsuhr", headers={"If-None-Match": tag}).status_code == 200


def test_the_sitemap_lists_what_is_listed(
    german_visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    locations = re.findall("<loc>(.*?)</loc>", german_visitor.get("/sitemap.xml").text)
    assert len([one for one in locations if "/solutions/" in one]) == 24
    assert all(one.startswith("https://allmende.example/") for one in locations)
    assert not [one for one in locations if "entwurf" in one or "vorbei" in one]
    assert {
        f"https://allmende.example/{path}"
        for path in ("about", "publishers/stadt-musterstadt", "programme/mpsc-01")
    } <= set(locations)
    monkeypatch.setattr("catalog.views.sitemaps.SIZE", 10)
    parts = re.findall(
        "<loc>https://allmende.example(.*?)</loc>", german_visitor.get("/sitemap.xml?anew").text
    )
    listed = [re.findall("<loc>(.*?)</loc>", german_visitor.get(part).text) for part in parts]
    assert list(chain.from_iterable(listed)) == locations
    assert all(1 <= len(part) <= 10 for part in listed)
    assert german_visitor.get(f"/sitemap.xml?part={len(parts) + 1}").status_code == 404


def test_robots_may_read_pages_not_searches(german_visitor: FlaskClient) -> None:
    assert "Disallow: /solutions?" in german_visitor.get("/robots.txt").text


def test_dates_and_numbers_are_written_as_the_language_does(site: Site) -> None:
    assert language.translator("en").date("2026-09-14") in page(site.client("en"), "/solutions/ratsuhr").text(
        "main"
    )


@pytest.mark.parametrize("typed", ["", " ", "x" * 5_000, "\1", "\ud800", '"', "<b>", "%"])
def test_completion_answers_whatever_is_typed(german_visitor: FlaskClient, typed: str) -> None:
    answer = german_visitor.get("/suggest", query_string={"q": typed.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200
    said, found = answer.get_json(force=True)
    assert isinstance(said, str)
    assert isinstance(found, list)


def test_completion_offers_names_and_words(german_visitor: FlaskClient) -> None:
    answer = german_visitor.get("/suggest?q=schlagl")
    assert answer.content_type == "application/x-suggestions+json"
    assert answer.get_json(force=True) == [
        "schlagl",
        ["Schlaglochfinder", *answer.get_json(force=True)[1][1:]],
    ]


def test_a_browser_learns_how_to_search_here(german_visitor: FlaskClient, site: Site) -> None:
    root = ElementTree.fromstring(german_visitor.get("/opensearch.xml").data)
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    name = root.findtext(f"{space}ShortName")
    assert name
    assert len(name) <= 16
    templates = {one.attrib["type"]: one.attrib["template"] for one in root.iter(f"{space}Url")}
    assert all(template.startswith(site.base + "/") for template in templates.values())
    for template in templates.values():
        assert (
            german_visitor.get(template.removeprefix(site.base).replace("{searchTerms}", "Karte")).status_code
            == 200
        )
