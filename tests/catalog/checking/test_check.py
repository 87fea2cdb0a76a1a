"""`check` and `draft`: files, folders and repositories, told to people and machines, nothing stored."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from catalog.base import language
from catalog.base.errors import Unread
from catalog.base.http_policy import policy
from catalog.base.settings import Settings, read
from catalog.checking import check, report
from catalog.checking.report import Checked
from crawlers.net.http import Http
from sandbox import Sandbox
from tests.support.instance import publiccode
from tests.support.packages import ROOT
from tests.support.servers.git_http import GitServer
from vocabularies import reading
from vocabularies.problems import PROBLEMS, Problem

EN, DE = language.translator("en"), language.translator("de")
URL = "https://forge.example/stadt/melder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "melder"
    found.mkdir()
    return found


@pytest.fixture
def checked(sandbox: Sandbox) -> Callable[..., list[Checked]]:
    return lambda target, **given: check.check(str(target), **{"http": None, "sandbox": sandbox, **given})


def test_a_valid_file(folder: Path, checked: Callable[..., list[Checked]]) -> None:
    (folder / "publiccode.yml").write_bytes(publiccode(URL))
    (item,) = checked(folder / "publiccode.yml")
    assert (item.valid, report.exit_code([item])) == (True, 0)
    said = json.loads(report.as_json(item, EN))
    assert list(said) == ["source", "valid", "format", "version", "problems"]
    assert (said["format"], said["version"]) == ("publiccode", "0.4")


def test_an_error_is_told_like_a_compilers(folder: Path, checked: Callable[..., list[Checked]]) -> None:
    text = publiccode(URL).replace(b"EUPL-1.2", b"Hausrecht")
    file = folder / "publiccode.yml"
    file.write_bytes(text)
    (item,) = checked(file)
    line = text.decode().split("\n").index("legal: {license: Hausrecht}") + 1
    assert f"{file}:{line}:" in report.as_text(item, EN)
    assert ": error: legal.license: " in report.as_text(item, EN)
    assert ": error: legal.license: ‚" not in report.as_text(item, DE)
    problem = next(
        one for one in json.loads(report.as_json(item, DE))["problems"] if one["severity"] == "error"
    )
    places = ["line", "column", "end_line", "end_column"]
    assert list(problem) == ["severity", "code", "path", *places, "message", "hint"]
    said = text.decode().split("\n")[line - 1]
    assert said[: problem["end_column"] - 1].endswith("Hausrecht")
    assert problem["end_line"] == line
    assert (problem["path"], problem["line"], problem["code"]) == ("legal.license", line, "bad-licence")
    assert "ist kein" in problem["message"]
    assert report.exit_code([item]) == 1


def test_a_folder_gives_each_of_its_metadata_files(
    folder: Path, checked: Callable[..., list[Checked]]
) -> None:
    (folder / "publiccode.yml").write_bytes(publiccode(URL))
    (folder / "CITATION.cff").write_text(
        "cff-version: 1.2.0\nmessage: x\ntitle: T\nauthors: [{name: Stadt}]\n"
    )
    (folder / "README.md").write_text("# x\n")
    assert sorted(Path(item.source).name for item in checked(folder)) == ["CITATION.cff", "publiccode.yml"]


def test_a_repository_is_read_and_nothing_else_asked(
    forge: GitServer, repository: str, checked: Callable[..., list[Checked]], guarded_http: Http
) -> None:
    (item,) = checked(repository, http=guarded_http)
    assert item.valid
    assert item.source.startswith(repository)
    assert item.source.endswith("publiccode.yml")


@pytest.fixture
def environment(forge: GitServer) -> Settings:
    return read({}, allowed_private_hosts=(forge.authority,))


@pytest.fixture
def guarded_http(environment: Settings) -> Http:
    return Http(replace(policy(environment), requests_per_second=0.0, retries=0, patience=0.0))


@pytest.mark.parametrize(
    ("target", "code", "exit_code"),
    [
        ("{folder}/nothing.yml", "no-such-file", 2),
        ("{folder}/notes.txt", "unknown-file", 2),
        ("{folder}", "no-metadata-file", 1),
        ("https://10.0.0.1/a/b", "forbidden-address", 2),
        ("http://forge.example/a/b", "unknown-host", 2),
        ("{forge}/no/such", "not-found", 2),
        ("git@forge.invalid:a/b.git", "unknown-host", 2),
        ("forge.invalid/a/b", "unknown-host", 2),
    ],
)
def test_what_cannot_be_read(
    folder: Path,
    forge: GitServer,
    guarded_http: Http,
    checked: Callable[..., list[Checked]],
    target: str,
    code: str,
    exit_code: int,
) -> None:
    (folder / "notes.txt").write_text("x")
    items = checked(target.format(folder=folder, forge=forge.url), http=guarded_http)
    assert [item.failure and item.failure.code for item in items] == [code]
    assert report.exit_code(items) == exit_code
    assert ": error: " in report.as_text(items[0], EN)
    assert json.loads(report.as_json(items[0], DE))["problems"][0]["code"] == code


def test_unread_wins_over_errors(folder: Path, checked: Callable[..., list[Checked]]) -> None:
    (folder / "publiccode.yml").write_bytes(b"name: [")
    items = [*checked(folder), *checked(folder / "nothing.yml")]
    assert report.exit_code(items[:1]) == 1
    assert report.exit_code(items) == 2


def test_offline_asks_nobody(
    forge: GitServer, repository: str, checked: Callable[..., list[Checked]], guarded_http: Http
) -> None:
    (item,) = checked(repository, http=guarded_http, offline=True)
    assert item.failure
    assert item.failure.code == "offline"
    assert not forge.log


def test_sarif(folder: Path, checked: Callable[..., list[Checked]]) -> None:
    (folder / "publiccode.yml").write_bytes(
        publiccode(URL).replace(b"EUPL-1.2", b"Hausrecht").replace(b"[web]", b"[]")
    )
    said = json.loads(report.as_sarif([*checked(folder), *checked(folder / "no ä.yml")], EN))
    assert (said["version"], len(said["runs"])) == ("2.1.0", 1)
    run = said["runs"][0]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == rules
    for result in run["results"]:
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (place,) = result["locations"]
        uri = place["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert " " not in uri
        region = place["physicalLocation"].get("region", {"startLine": 1, "startColumn": 1})
        assert min(region.values()) >= 1
        if "endLine" in region:
            start, end = (
                (region["startLine"], region["startColumn"]),
                (region["endLine"], region["endColumn"]),
            )
            assert start <= end
    assert any("endLine" in json.dumps(result) for result in run["results"])


@given(
    st.lists(
        st.builds(
            Problem,
            code=st.sampled_from(sorted(PROBLEMS)),
            path=st.text(max_size=20),
            line=st.integers(0, 9),
            column=st.integers(0, 9),
        )
    ),
    st.text(max_size=20),
)
def test_any_problem_can_be_told_in_one_line_each(problems: list[Problem], source: str) -> None:
    item = Checked(source, reading.Reading(format="publiccode", problems=tuple(problems)))
    for words in (EN, DE):
        lines = report.as_text(item, words).split("\n")
        assert not [
            line
            for line in lines
            if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
        ]
        assert "\n" not in report.as_json(item, words)
        assert len(json.loads(report.as_json(item, words))["problems"]) == len(problems)
        json.loads(report.as_sarif([item], words))


def test_a_draft_reads_as_what_it_says(folder: Path, sandbox: Sandbox) -> None:
    (folder / "README.md").write_text(
        "# Melder\n\nThe tool takes reports about damages and it sends them to the right people.\n"
    )
    (folder / "LICENSE").write_bytes((ROOT / "LICENSES" / "EUPL-1.2.txt").read_bytes())
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text(
        '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:Stadt/Melder.git\n'
    )
    text = check.drafted(str(folder), http=None, sandbox=sandbox)
    found = reading.parse("publiccode", text.encode())
    assert found.solution is not None
    assert found.solution.repository == "https://github.com/stadt/melder"
    assert found.solution.licence == "EUPL-1.2"
    assert "reports about damages" in found.solution.text["en"]
    missing = {problem.values["key"] for problem in found.problems if problem.code == "missing"}
    assert missing
    comments = [line for line in text.split("\n") if line.startswith("#")]
    assert all(any(f"‘{key}’" in line for line in comments) for key in missing)


def test_a_text_of_strangers_cannot_leave_its_comment(sandbox: Sandbox, folder: Path) -> None:
    (folder / "codemeta.json").write_text(
        json.dumps(
            {
                "@context": "https://w3id.org/codemeta/3.0",
                "name": "x\nlegal: {license: MIT}",
                "license": "a\nb: c",
            }
        )
    )
    text = check.drafted(str(folder), http=None, sandbox=sandbox)
    found = reading.parse("publiccode", text.encode())
    assert found.solution is not None
    assert found.solution.licence != "MIT"


def test_the_command_says_why_there_is_no_draft(environment: Settings, folder: Path) -> None:
    with pytest.raises(Unread) as refused:
        check.draft(str(folder / "nothing.yml"), settings=environment)
    assert language.sentence(EN, refused.value).startswith("There is no file or folder")
    with pytest.raises(Unread) as refused:
        check.draft(str(folder / "nothing {x}.yml"), settings=environment, words=language.translator("de"))
    assert language.sentence(language.translator("de"), refused.value).endswith(
        "nothing {x}.yml“ gibt es nicht."
    )


@pytest.mark.parametrize(("form", "lines"), [("text", 2), ("json", 2), ("sarif", 1)])
def test_the_command(environment: Settings, folder: Path, form: str, lines: int) -> None:
    (folder / "publiccode.yml").write_bytes(publiccode(URL))
    said: list[str] = []
    given = {"form": form, "offline": True, "words": EN, "say": said.append, "settings": environment}
    assert check.main([str(folder), str(folder / "nothing.yml")], **given) == 2  # type: ignore[arg-type]
    assert len(said) == lines
    if form != "text":
        assert all(msgspec.json.decode(line) for line in said)


def test_it_works_without_the_servers_packages(folder: Path) -> None:
    """What is missing there is made unfindable here, in a fresh process."""
    (folder / "publiccode.yml").write_bytes(publiccode(URL))
    hidden = (
        "flask",
        "sqlalchemy",
        "alembic",
        "tantivy",
        "whoosh",
        "numpy",
        "argon2",
        "pyoxigraph",
        "rdflib",
        "markdown_it",
        "nh3",
        "apscheduler",
        "waitress",
    )
    program = f"""
import sys
sys.modules.update(dict.fromkeys({hidden!r}))
sys.argv = ["allmende", "check", "--format", "json", {str(folder)!r}]
import app
app.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["valid"] is True
