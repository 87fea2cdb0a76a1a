"""What the crawler of a single repository yields: records as they lie there, and one closing event."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.base.wanted_files import wanted_files
from crawlers.faults import CrawlError
from crawlers.forges.addresses import file_page
from crawlers.git import repository
from crawlers.git.repository import FILE_BYTES, Wanted, read_files
from crawlers.net.http import Http
from crawlers.registry import crawl
from crawlers.source import Crawled, Event, Failed, Source, SourceRecord, Unchanged
from tests.support.servers.git_http import GitServer, create, git, serve

FILES = {
    "publiccode.yml": "name: Bürgeramt\n".encode(),
    "codemeta.json": b"{}",
    "CITATION.cff": b"cff-version: 1.2.0\n",
    "LICENSE": b"EUPL",
    "COPYING.LESSER": b"LGPL",
    "licence.md": b"MIT",
    "LICENSES/EUPL-1.2.txt": b"EUPL",
    "license_of_nothing": b"?",
    "README.rst": b"rst",
    "README.md": b"# md",
    "README.de.md": b"# de",
    "docs/publiccode.yml": b"not in the root",
    "Publiccode.yml": b"not spelled so",
    "setup.py": b"",
    "größe.txt": b"",
}


WANTED = Wanted(wanted_files())
METADATA = {"publiccode.yml", "publiccode.yaml", "codemeta.json", "CITATION.cff"}


@pytest.fixture(scope="module")
def commit(repositories: Path) -> str:
    return create(repositories, "town/app", FILES)


def crawled(url: str, http: Http, **known: str) -> list[Event]:
    source = Source(kind="repository", url=url, known=known, files=wanted_files())
    return list(chain.from_iterable(task.read(http) for task in crawl(source, http)))


def read(url: str, http: Http, *, known: str) -> list[Event]:
    return list(read_files(url, http, known={url: known}, files=wanted_files(), page=file_page))


def records(events: list[Event]) -> dict[str, list[SourceRecord]]:
    found: dict[str, list[SourceRecord]] = {}
    for event in events:
        if isinstance(event, SourceRecord):
            found.setdefault(event.format, []).append(event)
    return found


def test_what_lies_in_the_root_becomes_records(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    url = f"{git_server.url}/town/app"
    events = crawled(f"{url}.git/", make_http(git_server))
    assert events[-1] == Crawled(repository=url, marker=commit)
    found = records(events[:-1])
    assert sum(len(some) for some in found.values()) == len(events) - 1
    paths = {kind: sorted(record.path for record in some) for kind, some in found.items()}
    assert paths == {
        "repository": [""],
        "publiccode": ["publiccode.yml"],
        "codemeta": ["codemeta.json"],
        "citation": ["CITATION.cff"],
        "licence": ["COPYING.LESSER", "LICENSE", "licence.md", "license_of_nothing"],
        "readme": ["README.md"],
    }
    for some in found.values():
        for record in some:
            assert (record.repository, record.commit) == (url, commit)
            assert record.fetched.tzinfo is not None
            if record.path:
                assert record.content == FILES[record.path]
                assert record.uri == f"{url}#{commit}:{record.path}"


def test_the_repository_itself_is_a_record(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    url = f"{git_server.url}/town/app"
    (record,) = records(crawled(url, make_http(git_server)))["repository"]
    said = json.loads(record.content)
    assert said == {
        "url": url,
        "commit": commit,
        "branch": "main",
        "listing": sorted({path.partition("/")[0] + ("/" if "/" in path else "") for path in FILES}),
    }
    assert record.uri == f"{url}#{commit}"


def test_the_second_crawl_is_one_request(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    url, http = f"{git_server.url}/town/app", make_http(git_server)
    git_server.forget()
    assert crawled(url, http, **{url: commit}) == [Unchanged(repository=url, marker=commit)]
    assert read(url, http, known=commit) == [Unchanged(repository=url, marker=commit)]
    assert git_server.requests["town/app"] == 2
    assert git_server.bytes["town/app"] < 2000
    assert isinstance(read(url, http, known="0" * 40)[-1], Crawled)


def test_a_change_is_read_again(tmp_path: Path, make_http: Callable[..., Http]) -> None:
    first = create(tmp_path, "app", {"publiccode.yml": b"1"})
    with serve(tmp_path) as server:
        url = f"{server.url}/app"
        second = create(tmp_path, "app", {"publiccode.yml": b"2"})
        events = crawled(url, make_http(server), **{url: first})
    assert [event.content for event in events if isinstance(event, SourceRecord) and event.path] == [b"2"]
    assert events[-1] == Crawled(repository=url, marker=second)


def test_a_renamed_repository_is_told_under_its_new_name(
    repositories: Path, commit: str, make_http: Callable[..., Http]
) -> None:
    with serve(repositories) as server:
        server.renamed["village/app"] = "town/app"
        http, old, new = make_http(server), f"{server.url}/village/app", f"{server.url}/town/app"
        events = crawled(old, http)
        assert events[-1] == Crawled(repository=new, marker=commit, aliases=(old,))
        assert {event.repository for event in events if isinstance(event, SourceRecord)} == {new}
        for known in (old, new):
            assert crawled(old, http, **{known: commit}) == [
                Unchanged(repository=new, marker=commit, aliases=(old,))
            ]


def test_an_empty_repository_is_said_to_be_empty(tmp_path: Path, make_http: Callable[..., Http]) -> None:
    git("init", "-q", "--bare", str(tmp_path / "empty.git"))
    with serve(tmp_path) as server:
        assert crawled(f"{server.url}/empty", make_http(server)) == [
            Crawled(repository=f"{server.url}/empty", marker="", empty=True)
        ]


def test_what_cannot_be_read_is_failed_and_raises_nothing(
    git_server: GitServer, make_http: Callable[..., Http]
) -> None:
    for name in ("nowhere/app", "nowhere"):
        (event,) = crawled(f"{git_server.url}/{name}", make_http(git_server))
        assert isinstance(event, Failed)
        assert (event.repository, event.error.code) == (f"{git_server.url}/{name}", "not-found")
    (event,) = crawled("https://127.0.0.1/a/b", make_http(git_server))
    assert isinstance(event, Failed)
    assert event.error.code == "forbidden-address"


@pytest.mark.parametrize(
    "url",
    ["", "https://github.com/town", "file:///etc/passwd", "--upload-pack=x", "https://a:b@github.com/a/b"],
)
def test_what_is_no_address_is_the_sources_own_fault(
    url: str, git_server: GitServer, make_http: Callable[..., Http]
) -> None:
    with pytest.raises(CrawlError):
        crawled(url, make_http(git_server))


@pytest.mark.parametrize(
    ("files", "modes", "code"),
    [
        ({"publiccode.yml": bytes(FILE_BYTES + 1), "README.md": b"x"}, {}, "too-large"),
        ({"publiccode.yml": b"docs/publiccode.yml", "README.md": b"x"}, {"publiccode.yml": "120000"}, "link"),
    ],
)
def test_metadata_that_is_there_but_cannot_be_read_is_not_taken_for_none(
    files: dict[str, bytes], modes: dict[str, str], code: str, tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    """Else the entry that was read from it before would be lost."""
    create(tmp_path, "alone", files, modes=modes)
    create(tmp_path, "with", {**files, "codemeta.json": b"{}"}, modes=modes)
    with serve(tmp_path) as server:
        (failed,) = crawled(f"{server.url}/alone", make_http(server))
        events = crawled(f"{server.url}/with", make_http(server))
    assert isinstance(failed, Failed)
    assert failed.error.code == code
    assert "publiccode.yml" in str(failed.error)
    assert isinstance(events[-1], Crawled)
    assert set(records(events)) == {"repository", "codemeta", "readme"}


def test_bytes_that_are_no_text_come_through_as_they_are(
    tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    content = bytes(range(256))
    create(tmp_path, "odd", {"publiccode.yml": content, "README": b"\xff\xfe", "publiccode.yaml": b"both"})
    with serve(tmp_path) as server:
        found = records(crawled(f"{server.url}/odd", make_http(server)))
    assert sorted(record.content for record in found["publiccode"]) == sorted([content, b"both"])
    assert found["readme"][0].content == b"\xff\xfe"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["README", "README.md", "readme.txt"], "README.md"),
        (["readme.rst", "README.txt"], "readme.rst"),
        (["README_EN.md", "README.de.md"], "README.de.md"),
        (["README.zh-Hans.md", "README.fr.md"], "README.fr.md"),
        (["Readme"], "Readme"),
    ],
)
def test_one_readme_is_chosen(names: list[str], chosen: str) -> None:
    assert WANTED.chosen(names) == {chosen}
    assert WANTED.chosen(names[::-1]) == {chosen}


@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from([*FILES, "LICENSE.x", "readme.y"])),
        unique=True,
        max_size=60,
    )
)
def test_the_choice_depends_on_the_names_alone(names: list[str]) -> None:
    wanted = [name for name in names if WANTED.of(name)]
    chosen = WANTED.chosen(wanted)
    assert chosen <= set(wanted)
    assert chosen == WANTED.chosen(sorted(wanted, reverse=True))
    assert {name for name in wanted if name in METADATA} <= chosen
    readmes = [name for name in wanted if (file := WANTED.of(name)) and file.format == "readme"]
    assert len(chosen.intersection(readmes)) == min(len(readmes), 1)


def test_the_examples_hold() -> None:
    assert doctest.testmod(repository).failed == 0


def test_real_files_come_through_byte_for_byte(
    shared: Path, tmp_path: Path, make_http: Callable[..., Http], amount: Any
) -> None:
    """Each real publiccode.yml in a repository of its own."""
    files = sorted((shared / "corpus" / "publiccode").glob("*.y*ml"))[: amount(12, None)]
    contents = [file.read_bytes() for file in files]
    for number, content in enumerate(contents):
        create(tmp_path, f"town/app{number}", {"publiccode.yml": content, "README.md": b"x" * number})
    with serve(tmp_path) as server:
        http = make_http(server)
        for number, content in enumerate(contents):
            events = crawled(f"{server.url}/town/app{number}", http)
            assert [record.content for record in records(events)["publiccode"]] == [content]
            assert server.requests[f"town/app{number}"] == 3
