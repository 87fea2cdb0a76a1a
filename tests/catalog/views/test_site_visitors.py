"""What visitors try who do not know the site.

A filter's name typed as a search, a slash too many, a page on paper.
"""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree

import pytest
from flask.testing import FlaskClient

from catalog.base import language
from catalog.entries.merge import Origin
from catalog.entries.store import Stored
from catalog.views import evidence, present
from tests.catalog.views.conftest import Site
from tests.catalog.views.test_site_pages import page
from vocabularies.crosswalk.rows import Reading
from vocabularies.terms import Solution

GERMAN = language.translator("de")


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("EUPL", {"licence=EUPL-1.2"}),
        ("european union public license 1.2", {"licence=EUPL-1.2"}),
        ("it", set()),
        ("karte", set()),
        ("GFDL", set()),  # a licence, but nobody's
    ],
)
def test_a_text_that_names_a_filter_leads_to_it(
    german_visitor: FlaskClient, text: str, filters: set[str]
) -> None:
    links = [
        link
        for link in page(german_visitor, f"/solutions?q={text}").links()
        if link.startswith("/solutions?licence=")
    ]
    assert {link.partition("?")[2] for link in links} == filters
    for link in links:
        assert not page(german_visitor, link).text("h1").startswith("0 ")


def test_a_search_that_finds_parts_of_a_word_only_says_so(german_visitor: FlaskClient) -> None:
    assert "Keine Lösung enthält das Wort „Baumkarte“" in page(german_visitor, "/solutions?q=Baumkarte").text(
        "main"
    )
    assert "Keine Lösung enthält das Wort" not in page(german_visitor, "/solutions?q=Schlaglochfinder").text(
        "main"
    )


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("", "Neue Lösungen"),
        ("?q=karte&licence=EUPL-1.2", "karte, European Union Public License 1.2"),
        ("?publisher=stadt-musterstadt", "Stadt Musterstadt"),
    ],
)
def test_two_feeds_can_be_told_from_each_other(german_visitor: FlaskClient, asked: str, title: str) -> None:
    feed = ElementTree.fromstring(german_visitor.get("/solutions.atom" + asked).data)
    assert (feed.findtext("{http://www.w3.org/2005/Atom}title") or "").endswith(": " + title)


def test_a_filter_in_use_is_not_offered_again(german_visitor: FlaskClient) -> None:
    assert "Als Filter gemeint?" in page(german_visitor, "/solutions?q=EUPL").text("main")
    assert "Als Filter gemeint?" not in page(german_visitor, "/solutions?q=EUPL&licence=EUPL-1.2").text(
        "main"
    )


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/solutions/", "/solutions"),
        ("/feeds/?lang=en", "/feeds?lang=en"),
        ("/solutions/ratsuhr//", "/solutions/ratsuhr"),
    ],
)
def test_a_slash_too_many_leads_to_the_page(german_visitor: FlaskClient, path: str, target: str) -> None:
    answer = german_visitor.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (308, target)


@pytest.mark.parametrize("path", ["/nichts/", "/%5Cevil.example/", "/operator/nichts/"])
def test_a_slash_leads_nowhere_where_there_is_no_page(german_visitor: FlaskClient, path: str) -> None:
    answer = german_visitor.get(path)
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_a_contradiction_says_what_the_other_document_says() -> None:
    other = Reading(
        format="codemeta",
        solution=Solution(
            name={"": "Other"}, licence="MIT", text={"en": "long " * 40}, features={"en": ("a",)}
        ),
    )
    stored = [
        Stored(
            "codemeta", "codemeta.json", "", commit="", repository="", fetched="", reading=other, content=b""
        )
    ]
    origins = {
        field: Origin("publiccode", "", "", others=("codemeta",))
        for field in ("name", "licence", "text", "features")
    }
    notes = {line.field: line.others[0].note for line in evidence.evidence(origins, stored, GERMAN)}
    assert notes["Name"] == "Other"
    assert notes["Lizenz"] == "MIT"
    assert notes["Beschreibung"].endswith("long …")
    assert len(notes["Beschreibung"]) < 90
    assert notes["Funktionen"] == ""


def test_a_licence_without_only_or_later_is_explained() -> None:
    [(code, name, means)] = present.licences("AGPL-3.0", GERMAN)
    assert (code, name) == ("AGPL-3.0", "GNU Affero General Public License v3.0")
    assert "Dienst im Netz" in means
    assert "nur die Fassung" not in means
    assert present.licences("Foo-1.0", GERMAN) in ([], [("Foo-1.0", "Foo-1.0", "")])


def test_on_paper_an_entry_names_its_address_and_date(german_visitor: FlaskClient) -> None:
    [source] = page(german_visitor, "/solutions/ratsuhr").all("p", class_="onpaper")
    assert "https://allmende.example/id/solution/" in source.content
    assert "2026" in source.content


def test_without_a_contact_the_page_says_where_to_look(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.services, "settings", dataclasses.replace(site.services.settings, contact=""))
    found = page(site.client(), "/solutions/handverlesen")
    [contact] = found.all("section", id="contact")
    assert "kleinhausen/handverlesen" in contact.content
