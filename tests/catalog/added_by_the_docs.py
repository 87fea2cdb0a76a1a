"""The forge Kettle and the format tin.yml, followed to the end where the documents were followed.

Run by test_added_by_the_docs.py. Nothing here is collected by itself: as the house stands, there is no
Kettle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from catalog import views
from catalog.base import language
from catalog.base.http_policy import policy
from catalog.base.settings import read
from catalog.base.tables import SolutionRow
from catalog.changes.followers import follow_now
from catalog.checking import check, report
from catalog.entries import store
from catalog.harvesting import sources
from catalog.harvesting.runs import Summary
from catalog.operations.services import Services
from crawlers.forges.addresses import canonical
from sandbox import Sandbox
from tests.support.browser import words
from tests.support.corpus_on_forges import rows
from tests.support.servers import git_http
from tests.support.servers.git_http import GitServer

KETTLE = "https://kettle.example"
PATHS, TREES = f"{KETTLE}/town/paths", f"{KETTLE}/town/trees"
TIN = """tin: 1
called: Wegweiser
says:
  de: {short: Zeigt den Weg durchs Rathaus}
  en: {short: Shows the way through the town hall}
lawful: EUPL-1.2
picture: docs/logo.png
"""
LABELS = {"de": "das Etikett der Dose", "en": "the label on the tin"}


def _listed(number: int, path: str, **said: Any) -> dict[str, Any]:
    return {
        "id": number,
        "path": path,
        "title": path.rpartition("/")[2],
        "web": f"{KETTLE}/{path}",
        "owner": {"name": "Musterstadt"},
        "pushed": "2020-02-03T10:00:00Z",
        "branch": "main",
        **said,
    }


class Kettle:
    """The forge: its repositories, one a page, and the Authorization of each request for its API."""

    def __init__(self, server: GitServer) -> None:
        self.server = server
        self.repositories = [
            _listed(1, "town/paths", labels=["way"]),
            _listed(2, "town/trees", about="Counts the trees of a town"),
            _listed(3, "town/secret", private=True),
        ]
        self.authorizations: list[str] = []
        git_http.create(server.root, "town/paths", {"tin.yml": TIN.encode()})
        git_http.create(server.root, "town/trees", {"main.py": b"\n"})
        kettle = self

        def do_get(handler: Any) -> None:
            parts = urlsplit(handler.path)
            if not parts.path.startswith("/api/"):
                handler.handle_git(b"")
                return
            kettle.authorizations.append(handler.headers.get("Authorization", ""))
            answer = kettle.answer(parts.path, parts.query)
            content = json.dumps(answer).encode()
            handler.send_response(404 if answer is None else 200)
            handler.send_header("X-Total-Count", str(len(kettle.repositories)))
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        git = cast(type, server.RequestHandlerClass)
        server.RequestHandlerClass = type("KettleHandler", (git,), {"do_GET": do_get})

    def answer(self, path: str, query: str) -> Any:
        if path == "/api/version":
            return {"kettle": "1.0"}
        if path == "/api/repositories":
            number = int(parse_qs(query)["page"][0])
            return self.repositories[number - 1 : number]
        wanted = path.removeprefix("/api/repositories/")
        return next((one for one in self.repositories if one["path"] == wanted), None)


@pytest.fixture
def kettle(forge: GitServer) -> Kettle:
    return Kettle(forge)


@pytest.fixture
def catalogue(kettle: Kettle, make_services: Callable[..., Services]) -> Services:
    """An instance that reads Kettle with a token."""
    with_token = read({"ALLMENDE_KETTLE_TOKENS": f"{kettle.server.authority}=s3cret"})
    return make_services(fetch_from=((KETTLE, kettle.server.url),), forge_tokens=with_token.forge_tokens)


@pytest.fixture
def crawled(catalogue: Services) -> Services:
    """The same after Kettle was read."""
    assert crawl(catalogue).failures == []
    return catalogue


def crawl(catalogue: Services) -> Summary:
    summary = catalogue.harvest().run(sources.find_or_add(catalogue, "kettle.example"))
    assert follow_now(catalogue.database, catalogue.followers, catalogue.settings.data_dir)
    return summary


@pytest.fixture(params=["de", "en"])
def visitor_of(request: pytest.FixtureRequest, crawled: Services) -> tuple[FlaskClient, str]:
    """Somebody who reads this language."""
    client = views.application(crawled).test_client()
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": request.param, "HTTP_ACCEPT": "text/html"}
    return client, request.param


def entry(catalogue: Services, url: str) -> SolutionRow:
    return rows(catalogue)[url]


def test_what_is_described_is_listed_and_the_rest_is_a_draft(crawled: Services) -> None:
    assert {url: row.state for url, row in rows(crawled).items()} == {PATHS: "listed", TREES: "draft"}


def test_a_page_says_what_is_from_the_file_and_what_from_the_forge(
    crawled: Services, visitor_of: tuple[FlaskClient, str]
) -> None:
    visitor, spoken = visitor_of
    page = words(visitor.get(f"/solutions/{entry(crawled, PATHS).slug}"))
    assert LABELS[spoken] in page
    assert "Kettle" in page
    draft = words(visitor.get(f"/solutions/{entry(crawled, TREES).slug}"))
    assert "Kettle" in draft
    assert LABELS[spoken] not in draft


def test_pages_name_the_forge_and_the_files_that_are_read(visitor_of: tuple[FlaskClient, str]) -> None:
    visitor, spoken = visitor_of
    assert "Kettle" in words(visitor.get("/sources"))
    assert LABELS[spoken] in words(visitor.get("/register"))
    assert "tin.yml" in words(visitor.get("/feeds"))


def test_a_solution_is_found(crawled: Services, visitor_of: tuple[FlaskClient, str]) -> None:
    visitor, spoken = visitor_of
    searched = {"de": "Rathaus", "en": "hall"}[spoken]
    assert "Wegweiser" in words(visitor.get("/solutions", query_string={"q": searched}))


def test_the_data_name_the_origins_and_the_picture(crawled: Services) -> None:
    visitor = views.application(crawled).test_client()
    said = visitor.get(f"/solutions/{entry(crawled, PATHS).slug}.json").json
    assert said
    assert said["provenance"]["name"]["format"] == "tin"
    assert said["provenance"]["name"]["others"] == ["kettle", "repository"]
    assert said["provenance"]["keywords"]["format"] == "kettle"
    commit = said["provenance"]["logo"]["commit"]
    assert said["solution"]["logo"] == f"{PATHS}/raw/{commit}/docs/logo.png"
    assert said["provenance"]["name"]["uri"] == f"{PATHS}/files/{commit}/tin.yml"
    assert said["solution"]["issued"]


def test_the_feed_holds_what_is_listed(crawled: Services) -> None:
    feed = views.application(crawled).test_client().get("/dcat/catalog.ttl").text
    assert entry(crawled, PATHS).id in feed
    assert "Wegweiser" in feed
    assert entry(crawled, TREES).id not in feed


def test_documents_are_given_out(crawled: Services) -> None:
    visitor, row = views.application(crawled).test_client(), entry(crawled, PATHS)
    written = visitor.get(f"/id/solution/{row.id}.tin.yml")
    assert written.status_code == 200
    assert "called: Wegweiser" in written.text
    assert f"{row.id}.tin.yml" in visitor.get(f"/solutions/{row.slug}").text
    assert visitor.get(f"/solutions/{row.slug}/source/tin").text == TIN
    assert visitor.get(f"/solutions/{row.slug}/source/kettle").status_code == 404


def test_what_has_not_changed_costs_nothing(crawled: Services, kettle: Kettle) -> None:
    kettle.server.forget()
    summary = crawl(crawled)
    assert summary.unchanged == 2
    assert not kettle.server.requests


def test_a_token_is_sent_to_the_forge(crawled: Services, kettle: Kettle) -> None:
    assert set(kettle.authorizations) == {"Kettle s3cret"}
    usual = read({"ALLMENDE_KETTLE_TOKENS": "s3cret"})
    assert policy(usual).tokens == {"kettle.example": "Kettle s3cret"}


def test_an_instance_of_another_name_is_recognised(catalogue: Services, kettle: Kettle) -> None:
    number = sources.find_or_add(catalogue, kettle.server.url)
    assert [row.kind for row in sources.all_of(catalogue)] == ["kettle"]
    assert catalogue.harvest().run(number).failures == []
    paths = f"{kettle.server.url}/town/paths"
    logo = store.solution_of(entry(catalogue, paths)).logo
    assert re.fullmatch(re.escape(paths) + "/raw/[0-9a-f]{40}/docs/logo.png", logo)


def test_nothing_is_taken_from_another_repository_at_a_known_address(
    crawled: Services, kettle: Kettle
) -> None:
    kettle.repositories[0] |= {"id": 9, "pushed": "2020-02-04T10:00:00Z"}
    git_http.create(
        kettle.server.root, "town/paths", {"tin.yml": TIN.replace("Wegweiser", "Irrweg").encode()}
    )
    summary = crawl(crawled)
    assert [(url, fault.code) for url, fault in summary.failures] == [(PATHS, "address-taken-over")]
    assert entry(crawled, PATHS).name == "Wegweiser"


@pytest.mark.parametrize(
    "spelling", ["ssh://kettle@kettle.example/town/paths.git", f"{PATHS}/files/1f0e/tin.yml", f"{PATHS}/"]
)
def test_a_repository_has_one_address_however_it_is_written(spelling: str) -> None:
    assert canonical(spelling) == PATHS


def test_an_owner_keeps_a_repository_out(catalogue: Services, kettle: Kettle) -> None:
    kettle.repositories[0]["labels"] = ["way", "allmende-ignore"]
    crawl(catalogue)
    assert entry(catalogue, PATHS).state == "hidden"


def test_addresses_at_other_hosts_are_not_believed(catalogue: Services, kettle: Kettle) -> None:
    kettle.repositories[1]["web"] = "https://elsewhere.example/town/trees"
    assert crawl(catalogue).failures == []
    with catalogue.database.read() as session:
        stored = {one.format: one for one in store.records(session, entry(catalogue, TREES).id)}
    said = stored["kettle"].reading.solution
    assert said
    assert (said.name, said.repository) == ({"": "trees"}, "")


def test_check_knows_the_file(tmp_path: Path, sandbox: Sandbox) -> None:
    english = language.translator("en")
    for name in ("tin.yml", "other.tin"):
        (tmp_path / name).write_text(TIN.replace("EUPL-1.2", "Hausrecht"))
        (item,) = check.check(str(tmp_path / name), http=None, sandbox=sandbox)
        assert ": error: lawful: " in report.as_text(item, english)
        assert report.exit_code([item]) == 1
    (tmp_path / "tin.yml").write_text(TIN)
    (item,) = check.check(str(tmp_path), http=None, sandbox=sandbox)
    assert (item.reading and item.reading.format, item.valid) == ("tin", True)
    (unknown,) = check.check(__file__, http=None, sandbox=sandbox)
    assert "tin.yml" in report.as_text(unknown, english)
