"""What the documents tell is true: their links lead somewhere, our own metadata files are without fault."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.modules import ROOMS
from tests.support.packages import ROOT
from vocabularies import reading
from vocabularies.formats import lookup

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*.md")])
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
SECURITY = (ROOT / "docs" / "security.md").read_text()
OURSELVES = ("publiccode.yml", "codemeta.json", "CITATION.cff")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    ours = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#|/", target)]
    assert not [target for target in ours if not (document.parent / target).exists()]


def test_the_walk_of_a_record_names_the_lines_where_its_stations_stand() -> None:
    stations = re.findall(r"^\| `([\w/.]+):(\d+)` `([\w.]+)` \|", ARCHITECTURE, re.MULTILINE)
    assert len(stations) >= 10
    wrong = []
    for file, line, name in stations:
        begins = [number for number, found in _definitions(ROOT / file) if found == name]
        if begins != [int(line)]:
            wrong.append(f"{file}:{line} {name} stands at {begins}")
    assert not wrong


def _definitions(file: Path) -> Iterator[tuple[int, str]]:
    """The line and the name of each class, function and method."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.lineno, node.name
        if isinstance(node, ast.ClassDef):
            methods = (inner for inner in node.body if isinstance(inner, ast.FunctionDef))
            yield from ((method.lineno, f"{node.name}.{method.name}") for method in methods)


def test_every_room_and_every_floor_is_in_the_plan() -> None:
    named = set(re.findall(r"`(\w+)/`", ARCHITECTURE.partition("## Where do I change")[0]))
    rooms: set[str] = set()
    for room in ROOMS:
        rooms |= {file.parent.name for file in (ROOT / room).glob("*/__init__.py")}
    assert len(rooms) > 15
    assert not rooms - named


def test_the_floors_name_every_module_below_the_pages() -> None:
    rows = dict(re.findall(r"^\| \d \| `(\w+)/` \| (.+) \|$", ARCHITECTURE, re.MULTILINE))
    assert len(rows) == 9
    for room, text in rows.items():
        modules = {file.stem for file in (ROOT / "catalog" / room).glob("[!_]*.py")}
        assert set(re.findall(r"`(\w+)`", text)) == modules, room


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
    row = lookup.named(name)
    assert row
    read = reading.parse(row.name, (ROOT / name).read_bytes())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not [problem for problem in read.problems if problem.severity != "info"]
    assert read.solution
    assert read.solution.name == {"": "Allmende"}
    assert (read.solution.version, read.solution.licence) == (project["version"], project["license"])
