"""The curated seed keeps to its README.

Known codes, canonical addresses, two languages, nothing claimed that no source says.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import rdflib

from catalog.harvesting.seed import solution_of
from vocabularies import concepts
from vocabularies import triples as rdf
from vocabularies.rdf import dcat_ap, graph_reader, graph_writer, personal_data

FOLDER = Path(__file__).parents[3] / "data"
SOLUTIONS: list[dict[str, Any]] = tomllib.loads((FOLDER / "solutions.toml").read_text(encoding="utf-8"))[
    "solution"
]
SOURCES: list[dict[str, str]] = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))["source"]

each_solution = pytest.mark.parametrize("entry", SOLUTIONS, ids=[entry["name"] for entry in SOLUTIONS])
each_source = pytest.mark.parametrize("entry", SOURCES, ids=[entry["url"] for entry in SOURCES])

# Keys of README.md, and whether the value is a code of a scheme.
ONE_CODE = {
    "topic": "topic",
    "kind": "software-type",
    "status": "status",
    "maintenance": "maintenance",
    "publisher_kind": "agent-type",
}
CODES = {
    "category": "category",
    "scope": "scope",
    "community": "community",
    "project": "project",
    "platforms": "platform",
}
ADDRESSES = ("repository", "upstream", "landing_page")
PLAIN = {
    "name",
    "licence",
    "licence_as_published",
    "publisher",
    "copyright_owner",
    "used_by",
    "aliases",
    "keywords",
    "note",
    "as_of",
    "sources",
}
KEYS = {*ONE_CODE, *CODES, *ADDRESSES, *PLAIN, "short_text", "text"}


def is_canonical(address: str) -> bool:
    """https, a host, a path without closing slash, .git, query, fragment or credentials."""
    parts = urlsplit(address)
    return (
        address == address.strip()
        and parts.scheme == "https"
        and bool(parts.hostname)
        and parts.netloc == parts.hostname
        and not parts.query
        and not parts.fragment
        and not parts.path.endswith(("/", ".git"))
    )


def test_there_are_enough() -> None:
    assert len(SOLUTIONS) >= 50


@each_solution
def test_keys_are_those_of_the_readme(entry: dict[str, Any]) -> None:
    assert set(entry) <= KEYS
    assert {"name", "topic", "short_text", "text", "as_of", "sources"} <= set(entry)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {key for key in entry if f"`{key}`" not in readme} == set()


@each_solution
def test_codes_exist_and_nothing_is_said_by_an_empty_value(entry: dict[str, Any]) -> None:
    assert all(entry.values())
    for key, scheme in ONE_CODE.items():
        assert key not in entry or entry[key] in concepts.scheme(scheme).concepts, key
    for key, scheme in CODES.items():
        assert set(entry.get(key, ())) <= set(concepts.scheme(scheme).concepts), key
        assert entry.get(key, []) == sorted(set(entry.get(key, []))), f"{key} is not sorted"
    assert entry.get("used_by", []) == sorted(set(entry.get("used_by", [])), key=str.casefold)


@each_solution
def test_its_topic_follows_from_its_codes(entry: dict[str, Any]) -> None:
    """The catalogue knows topics by codes and words only; a topic that nothing leads to would vanish."""
    found = concepts.topics(
        category=entry.get("category", ()),
        scope=entry.get("scope", ()),
        community=entry.get("community", ()),
        words=entry.get("keywords", ()),
    )
    assert entry["topic"] in found


@each_solution
def test_addresses(entry: dict[str, Any]) -> None:
    assert "repository" in entry or {"note", "landing_page"} <= set(entry)
    for key in ("repository", "upstream"):
        assert key not in entry or is_canonical(entry[key])
    if "repository" in entry:
        assert len(urlsplit(entry["repository"]).path.strip("/").split("/")) >= 2, "a group is no repository"
    assert all(is_canonical(alias) for alias in entry.get("aliases", ()))
    assert all(
        address.startswith("https://")
        for address in [*entry["sources"], entry.get("landing_page", "https://")]
    )


def test_a_repository_stands_once() -> None:
    addresses: list[str] = []
    for entry in SOLUTIONS:
        named = [entry.get("repository", ""), entry.get("upstream", ""), *entry.get("aliases", ())]
        addresses += [address.lower() for address in named if address]
    assert len(addresses) == len(set(addresses))
    assert len({entry["name"] for entry in SOLUTIONS}) == len(SOLUTIONS)


@each_solution
def test_licence_is_the_one_the_published_words_lead_to(entry: dict[str, Any]) -> None:
    if "licence" in entry:
        assert entry["licence"] in concepts.scheme("licence").concepts
    if "licence_as_published" in entry:
        assert entry["licence_as_published"] != entry.get("licence")
        assert concepts.find("licence", entry["licence_as_published"]) == entry.get("licence", "")


@each_solution
def test_sentences(entry: dict[str, Any]) -> None:
    for key, longest in (("short_text", 150), ("text", 500)):
        assert set(entry[key]) == {"de", "en"}
        assert entry[key]["de"] != entry[key]["en"]
        for text in entry[key].values():
            assert 30 <= len(text) <= longest, (key, len(text))
            assert text == " ".join(text.split())
            assert text.endswith(".")
    for text in entry["text"].values():
        assert 1 <= len(re.findall(r"[.!?](?= [A-ZÄÖÜ]|$)", text)) <= 3, text


@each_solution
def test_german_is_german_and_english_is_english(entry: dict[str, Any]) -> None:
    for key in ("short_text", "text"):
        words = {language: set(re.findall(r"\w+", text.lower())) for language, text in entry[key].items()}
        assert not words["de"] & {"the", "and", "with", "of", "for", "which", "from"}, entry[key]["de"]
        assert not words["en"] & {"und", "mit", "für", "der", "das", "ist", "aus"} - {"für"}, entry[key]["en"]


def test_as_of_is_a_month() -> None:
    assert all(re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", entry["as_of"]) for entry in SOLUTIONS)


@pytest.mark.parametrize("file", ["solutions.toml", "sources.toml"])
def test_no_mail_address_and_no_telephone(file: str) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w", text)
    assert not re.search(r"\+49|\b0\d{2,5}[ /-]\d{4,}", text)


# Sources


@each_source
def test_a_source_names_a_crawler_and_a_place(entry: dict[str, str]) -> None:
    assert set(entry) <= {"kind", "url", "project", "place", "note"}
    assert entry["kind"] in {"github", "gitlab", "gitea", "repository"}
    assert is_canonical(entry["url"])
    parts = urlsplit(entry["url"])
    assert (parts.hostname == "github.com") <= (entry["kind"] in {"github", "repository"})
    depth = len(parts.path.strip("/").split("/"))
    if entry["kind"] == "github":
        assert depth == 1
    else:
        assert depth >= (2 if entry["kind"] == "repository" else 1)


@each_source
def test_a_source_belongs_to_a_project_or_says_why_not(entry: dict[str, str]) -> None:
    assert ("project" in entry) != ("place" in entry)
    assert ("place" in entry) == ("note" in entry)
    assert entry.get("project", entry.get("place")) in concepts.scheme("project").concepts


def _addresses(projects: Iterable[concepts.Concept], attribute: str) -> set[str]:
    return set(" ".join(project.attributes.get(attribute, "") for project in projects).split())


def test_sources_are_the_projects_own_code_places() -> None:
    """All of them but pages that hold no Git; none that a project merely uses."""
    urls = [entry["url"] for entry in SOURCES]
    assert len(urls) == len({url.lower() for url in urls})
    projects = concepts.scheme("project").concepts
    own, used = _addresses(projects.values(), "code"), _addresses(projects.values(), "uses")
    assert {url for url in own - set(urls) if urlsplit(url).hostname != "opencode.de"} == set()
    assert set(urls) & used - own == {"https://github.com/triveme/smartcity-dashboard"}, (
        "tied weakly, and marked so"
    )
    for entry in SOURCES:
        if "project" in entry:
            assert entry["url"] in projects[entry["project"]].attributes["code"].split()


# Held against the table the entries were made from

CORRECTED = {
    ("Open SmartCity App (OSCA)", "repository"): "a page, no repository",
    ("Open SmartCity App (OSCA)", "upstream"): "a group, no repository",
    ("Waldmonitor Arnsberg", "repository"): "the copy in the city's own group leads, the other is an alias",
    ("Datenplattform Südwestfalen", "licence"): "seen in the directory, missing in the table",
}


def test_entries_say_what_the_table_says(shared: Path) -> None:
    entries = {entry["name"]: entry for entry in SOLUTIONS}
    with (shared / "data" / "domain" / "mpsc-solutions-seed.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    different = set()
    for row in rows:
        entry = entries[row["name"]]
        licence = row["license_as_published"].partition(" [")[0]
        facts = {
            "repository": row["repo_url"],
            "upstream": row["upstream_url"],
            "licence": licence,
            "status": row["development_status"],
        }
        stated = {key: entry.get(key, "") for key in facts} | {
            "licence": entry.get("licence_as_published", entry.get("licence", ""))
        }
        different |= {(row["name"], key) for key in facts if facts[key] != stated[key]}
        assert len(entry.get("used_by", ())) <= int(row["used_by_count"] or 0)
    assert different == set(CORRECTED)


@each_solution
def test_a_portal_reads_every_value_as_what_it_claims_to_be(entry: dict[str, Any]) -> None:
    """A month called xsd:date would be skipped or refused; and what was written is read again as it was."""
    context = dcat_ap.Context("https://allmende.example.org")
    solution = msgspec.structs.replace(solution_of(entry), id="https://allmende.example.org/id/solution/x")
    payload = graph_writer.payload(personal_data.published(solution, context), context)
    graph = rdflib.Graph().parse(data=payload, format="nt")
    assert not [term for term in graph.objects() if isinstance(term, rdflib.Literal) and term.ill_typed]
    assert graph_reader.from_graph(rdf.lines(payload)) == personal_data.published(solution, context)
