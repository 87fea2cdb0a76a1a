"""What the documents tell is true.

Their example runs, their links lead somewhere, our own metadata files are without fault.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from crawlers.net.http import Http, Policy
from crawlers.source import Crawled, Source, SourceRecord, Unchanged
from tests.support.packages import ROOT
from tests.support.servers import git_http
from vocabularies.reading import FILES, FORMATS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*.md")])
SECURITY = (ROOT / "docs" / "security.md").read_text()
OURSELVES = ("publiccode.yml", "codemeta.json", "CITATION.cff")
KETTLE = "https://kettle.example"
REPOSITORIES = [
    {"id": 1, "path": "town/paths", "title": "Paths", "pushed": "2020-02-03T10:00:00Z", "branch": "main"},
    {"id": 2, "path": "town/trees", "title": "Trees", "pushed": "2020-02-03T11:00:00Z", "branch": "main"},
    {"id": 3, "path": "town/secret", "private": True},
]


def test_the_crawler_of_add_a_forge_works(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "add-a-forge.md").read_text()
    module: dict[str, Any] = {"__name__": "kettle"}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], module)
    public = [str(said["path"]) for said in REPOSITORIES if "private" not in said]
    for path in public:
        git_http.create(tmp_path, path, {"publiccode.yml": b"name: X\n"})
    with git_http.serve(tmp_path) as server:
        server.RequestHandlerClass = _kettle(cast(type, server.RequestHandlerClass))
        way_out = Policy(
            allowed_private_hosts=(server.authority,),
            fetch_from=((KETTLE, server.url),),
            requests_per_second=0,
        )
        http = Http(way_out)
        first = list(module["crawl"](Source(kind="kettle", url=KETTLE), http))
        known = {event.repository: event.marker for event in first if isinstance(event, Crawled)}
        asked = server.requests.total()
        second = list(module["crawl"](Source(kind="kettle", url=KETTLE, known=known), http))
        http.close()
    assert list(known) == [f"{KETTLE}/{path}" for path in public]
    formats = [event.format for event in first if isinstance(event, SourceRecord)]
    assert formats == ["kettle", "repository", "publiccode"] * len(public)
    assert [event.repository for event in second if isinstance(event, Unchanged)] == list(known)
    assert server.requests.total() == asked


def _kettle(git: type) -> type:
    """One repository a page; everything else is Git."""

    def do_get(self: Any) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/api/repositories":
            self.handle_git(b"")
            return
        number = int(parse_qs(parts.query)["page"][0])
        content = json.dumps(REPOSITORIES[number - 1 : number]).encode()
        self.send_response(200)
        self.send_header("X-Total-Count", str(len(REPOSITORIES)))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    return type("Kettle", (git,), {"do_GET": do_get})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    ours = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#|/", target)]
    assert not [target for target in ours if not (document.parent / target).exists()]


def test_the_threats_name_files_and_tests_that_exist() -> None:
    sections = SECURITY.split("\n### ")[1:]
    assert len(sections) > 20
    for section in sections:
        quoted = re.findall(r"`([^`\s]+)`", section)
        files = [name for name in quoted if re.fullmatch(r"[\w./-]+\.(py|html|txt)", name)]
        assert not [name for name in files if not (ROOT / name).exists()], section
        tests = "".join((ROOT / name).read_text() for name in files if name.startswith("tests/"))
        assert tests, f"no test is named: {section}"
        names = [name for name in quoted if name.startswith("test_")]
        assert not [name for name in names if f"def {name}(" not in tests], section


def test_citations_of_the_threats_have_their_heading() -> None:
    headings = {heading.lower() for heading in re.findall(r"^###? (.+)$", SECURITY, re.MULTILINE)}
    cited = {}
    for folder in ("catalog", "crawlers", "vocabularies", "tests", "benchmarks", "templates", "deploy"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".py", ".html", ".example", ".service"):
                for heading in re.findall(r'docs/security\.md, "([^"]+)"', file.read_text()):
                    cited[heading] = file
    assert cited
    assert not {heading: file for heading, file in cited.items() if heading not in headings}


@pytest.mark.parametrize("name", OURSELVES)
def test_we_describe_ourselves_without_fault(name: str) -> None:
    reading = FORMATS[FILES[name.lower()]]((ROOT / name).read_bytes())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not [problem for problem in reading.problems if problem.severity != "info"]
    assert reading.solution
    assert reading.solution.name == {"": "Allmende"}
    assert (reading.solution.version, reading.solution.licence) == (project["version"], project["license"])
