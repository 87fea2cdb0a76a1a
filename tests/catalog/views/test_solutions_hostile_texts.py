"""One entry for each hostile text, in every field that a metadata file has.

No page runs it, no document breaks by it, no triple comes of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain
from typing import Any
from xml.etree import ElementTree

import pytest
import rdflib
import yaml

from catalog import views
from catalog.changes.followers import follow_now
from catalog.operations.services import Services
from tests.catalog.views.conftest import Site
from tests.support import invented_catalogue
from tests.support.invented_catalogue import Place

TEXTS = (
    '"><script>xss()</script>',
    "' onmouseover=xss() x='",
    "javascript:xss()",
    'https://a.example/"><img src=x onerror=xss()>',
    "</script><script>xss()</script>",
    "data:text/html,<script>xss()</script>",
    "<!--<script>",
    "]]>&lt;",
    "{{7*7}}{%x%}",
    "{name} {0.__class__} %s",
    "//evil.example/x",
    "https://user:pw@a.example/",
    "https://a.example/> <urn:evil:s> <urn:evil:o> .\n<urn:evil:x> <urn:y> <urn:z",
    '"@en . <urn:evil:s> <urn:p> "x',
    'https://a.example/\\">',
    "https://a.example/|^`{}",
    "\\u0022 . <urn:evil:s> <urn:p> <urn:o>",
    "a\u2028b\u2029c\u0085d",
    "\u202eevil\u2066\u200b",
    "=cmd|x",
    'de"><x',
    "%0d%0aX: y",
)
RDF = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}


def publiccode(text: str, address: str) -> bytes:
    language = {
        "localisedName": text,
        "genericName": text,
        "shortDescription": text,
        "longDescription": f"{text} [x](javascript:xss()) ![a]({text}) [b]({text})\n\n# {text}",
        "documentation": text,
        "apiDocumentation": text,
        "features": [text],
        "screenshots": [text],
        "videos": [text],
        "awards": [text],
    }
    document: dict[str, Any] = {
        "publiccodeYmlVersion": "0.5.0",
        "name": text,
        "applicationSuite": text,
        "url": address,
        "landingURL": text,
        "isBasedOn": [text],
        "softwareVersion": text,
        "releaseDate": text,
        "logo": text,
        "platforms": [text],
        "categories": [text],
        "usedBy": [text],
        "roadmap": text,
        "developmentStatus": "stable",
        "softwareType": "standalone/web",
        "organisation": {"name": text, "uri": text},
        "intendedAudience": {"scope": [text], "countries": [text]},
        "fundedBy": [{"name": text, "uri": text}],
        "description": {"de": language, text: language},
        "legal": {"license": text, "mainCopyrightOwner": text, "repoOwner": text, "authorsFile": text},
        "maintenance": {
            "type": "contract",
            "contractors": [{"name": text, "until": "2028-01-01", "website": text, "email": text}],
            "contacts": [{"name": text, "email": text, "phone": text, "affiliation": text}],
        },
        "localisation": {"localisationReady": True, "availableLanguages": [text]},
        "dependsOn": {"open": [{"name": text, "versionMin": text, "version": text}]},
        text: text,
    }
    return yaml.safe_dump(document, sort_keys=False).encode()


def codemeta(text: str) -> bytes:
    names = (
        "name",
        "description",
        "keywords",
        "identifier",
        "sameAs",
        "url",
        "readme",
        "issueTracker",
        "downloadUrl",
        "softwareHelp",
        "license",
        "programmingLanguage",
        "codeRepository",
        "version",
        "releaseNotes",
        "operatingSystem",
        "relatedLink",
        "referencePublication",
        text,
    )
    person = {"@type": "Person", "@id": text, "name": text, "url": text, "email": text}
    return json.dumps(
        {
            "@context": "https://doi.org/10.5063/schema/codemeta-2.0",
            **dict.fromkeys(names, text),
            "author": [person],
            "funder": person,
        }
    ).encode()


def forge(text: str) -> bytes:
    who = dict.fromkeys(("login", "full_name", "html_url"), text)
    names = (
        "name",
        "full_name",
        "description",
        "html_url",
        "website",
        "original_url",
        "language",
        "default_branch",
        "created_at",
    )
    return json.dumps(
        {
            "id": 5,
            **dict.fromkeys(names, text),
            "topics": [text],
            "licenses": [text],
            "owner": who,
            "parent": who,
        }
    ).encode()


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`ids` are text -> entry."""
    services = Services(invented_catalogue.settings(tmp_path_factory.mktemp("poisoned")))
    ids = {}
    for number, text in enumerate(TEXTS):
        address = f"{invented_catalogue.HOST}/evil/x{number}"
        citation = {
            "cff-version": "1.2.0",
            "message": text,
            "title": text,
            "url": text,
            "doi": text,
            "abstract": text,
            "keywords": [text],
            "authors": [{"family-names": text, "orcid": text}],
        }
        files = [
            Place("publiccode", publiccode(text, address), "publiccode.yml"),
            Place("codemeta", codemeta(text), "codemeta.json"),
            Place("citation", yaml.safe_dump(citation).encode(), "CITATION.cff"),
            Place("gitea", forge(text)),
            Place("readme", text.encode(), "README.md"),
        ]
        ids[text] = invented_catalogue.add(services, address, files)
    follow_now(services.database, services.followers, services.settings.data_dir)
    yield Site(services, views.application(services), ids, base=services.settings.base_url)
    services.close()


class Inspector(HTMLParser):
    """Whatever in a page could run, load or lead somewhere it should not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []
        self._data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [(tag, name) for name in given if name.startswith("on") or name in ("style", "srcdoc")]
        self.found += [
            (tag, given[name])
            for name in ("href", "src", "action", "formaction")
            if re.match(r"\s*(?!https?:|mailto:)([a-z]+:|//)", given.get(name, ""), re.I)
        ]
        self._data = tag == "script" and given.get("type") == "application/ld+json"
        ours = given.get("src", "").startswith("/static/")
        self.found += (
            [tag]
            if (tag in ("script", "img") and not ours and not self._data)
            or tag in ("iframe", "object", "embed", "base", "x")
            else []
        )

    def handle_data(self, data: str) -> None:
        if self._data and data.strip():
            json.loads(data)
        self.found += re.findall("[\u202a-\u202e\u2066-\u2069]", data)

    def handle_endtag(self, tag: str) -> None:
        self._data = False


def inspected(site: Site, address: str) -> None:
    answer = site.client().get(address)
    assert answer.status_code == 200, address
    inspector = Inspector()
    inspector.feed(answer.text)
    assert not inspector.found, address


@pytest.mark.parametrize("text", TEXTS)
def test_no_page_runs_what_an_entry_says(hostile_site: Site, text: str) -> None:
    about = hostile_site.client().get(
        f"/id/solution/{hostile_site.ids[text]}", headers={"Accept": "text/html"}
    )
    page = about.headers["Location"].removeprefix(hostile_site.base)
    for language in ("de", "en"):
        inspected(hostile_site, f"{page}?lang={language}")
    assert json.loads(hostile_site.client().get(f"{page}.json").data)["id"].endswith(hostile_site.ids[text])


@pytest.mark.parametrize(
    "address", ["/", "/solutions", "/solutions?q=evil&sort=name", "/publishers", "/solutions?page=2"]
)
def test_no_list_runs_what_an_entry_says(hostile_site: Site, address: str) -> None:
    inspected(hostile_site, address)


@pytest.mark.parametrize("text", TEXTS)
def test_every_document_of_an_entry_is_sound_and_says_nothing_of_others(
    hostile_site: Site, text: str
) -> None:
    sizes = set()
    for suffix, name in RDF.items():
        answer = hostile_site.client().get(f"/id/solution/{hostile_site.ids[text]}.{suffix}")
        assert answer.status_code == 200, suffix
        graph = rdflib.Graph().parse(data=answer.data, format=name)
        addresses = [node for node in chain.from_iterable(graph) if isinstance(node, rdflib.URIRef)]
        assert not [address for address in addresses if re.match("urn:|javascript:|data:", address)]
        sizes.add(len(graph))
    assert len(sizes) == 1
    assert yaml.safe_load(
        hostile_site.client().get(f"/id/solution/{hostile_site.ids[text]}.publiccode.yml").data
    )
    assert json.loads(hostile_site.client().get(f"/id/solution/{hostile_site.ids[text]}.codemeta.json").data)


def test_every_feed_is_sound(hostile_site: Site) -> None:
    for suffix, name in RDF.items():
        rdflib.Graph().parse(data=hostile_site.client().get(f"/dcat/catalog.{suffix}").data, format=name)
    for address in ("/feed.atom", "/sitemap.xml"):
        ElementTree.fromstring(hostile_site.client().get(address).data)
