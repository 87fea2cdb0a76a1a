"""Reading Git over real `git http-backend`: few requests, few bytes, old servers, renames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from crawlers.faults import CrawlError
from crawlers.git import advertisement, pktline, shallow
from crawlers.git.process import Clone
from crawlers.net.http import Http
from crawlers.net.response import Response
from tests.support.git_repositories import FILES, WANTED, snapshot, wanted
from tests.support.servers.git_http import GitServer, create, serve
from tests.support.servers.git_http import git as run_git
from tests.support.servers.misbehaving import MisbehavingServer, answer


def test_an_unchanged_repository_costs_one_request_of_less_than_a_kilobyte(
    git_server: GitServer, commit: str, make_http: Callable[..., Http], evidence: Callable[[str, Any], None]
) -> None:
    http = make_http(git_server)
    git_server.forget()
    head = shallow.head(f"{git_server.url}/town/app", http)
    assert (head.commit, head.branch) == (commit, "main")
    assert head.url == f"{git_server.url}/town/app"
    assert git_server.requests["town/app"] == http.requests == 1
    assert git_server.bytes["town/app"] < 1000
    assert http.bytes == pytest.approx(git_server.bytes["town/app"], abs=100)
    evidence("bytes of an unchanged repository", git_server.bytes["town/app"])


def test_files_are_read_in_two_more_requests_without_the_history(
    git_server: GitServer, commit: str, make_http: Callable[..., Http], evidence: Callable[[str, Any], None]
) -> None:
    http = make_http(git_server)
    git_server.forget()
    found = snapshot(f"{git_server.url}/town/app", http)
    assert found.files == {name: FILES[name] for name in WANTED if name in FILES}
    assert found.listing == (
        *((name, "blob") for name in sorted({*FILES} - {"src/main.py"})),
        ("src", "tree"),
    )
    assert (found.commit, found.branch, found.skipped) == (commit, "main", {})
    assert git_server.requests["town/app"] == 3
    assert git_server.bytes["town/app"] < 5000 < 500_000  # the history has half a megabyte
    evidence("bytes of a first reading", git_server.bytes["town/app"])


def test_one_may_choose_among_the_wanted(
    git_server: GitServer, commit: str, make_http: Callable[..., Http]
) -> None:
    seen: list[str] = []

    def choose(names: Sequence[str]) -> list[str]:
        seen.extend(names)
        return ["LICENSE"]

    url = f"{git_server.url}/town/app"
    found = snapshot(url, make_http(git_server), choose=choose)
    assert sorted(seen) == sorted(name for name in WANTED if name in FILES)
    assert list(found.files) == ["LICENSE"]
    assert snapshot(url, make_http(git_server), choose=lambda names: []).files == {}


@pytest.mark.parametrize(
    ("options", "programs"),
    [
        ({"filter": True, "version": 2}, 0),
        ({"filter": False, "version": 2}, 1),
        ({"filter": True, "version": 0}, 1),
        ({"filter": False, "version": 0}, 1),
        ({"spelling": "plain"}, 0),
        ({"spelling": "git"}, 0),
        ({"spelling": "plain", "version": 0, "filter": False}, 1),
    ],
)
def test_every_server_gives_the_same_snapshot(
    options: dict[str, Any],
    programs: int,
    repositories: Path,
    commit: str,
    make_http: Callable[..., Http],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Servers without filters or without version 2 are read by the git program.

    None allows to want any object.
    """
    clones: list[Clone] = []
    enter = Clone.__enter__

    def entered(clone: Clone) -> Clone:
        clones.append(clone)
        return enter(clone)

    monkeypatch.setattr(Clone, "__enter__", entered)
    with serve(repositories, **options) as server:
        for url in (f"{server.url}/town/app", f"{server.url}/town/app/"):
            found = snapshot(url, make_http(server))
            assert found.commit == commit
            assert found.branch == "main"
            assert found.files == {name: FILES[name] for name in WANTED if name in FILES}
            assert ("src", "tree") in found.listing
    assert len(clones) == 2 * programs
    assert not list(folder.iterdir())


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("version", [0, 2])
def test_an_empty_repository_has_no_commit(
    version: int, object_format: str, tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    run_git("init", "-q", "--bare", f"--object-format={object_format}", str(tmp_path / "empty.git"))
    with serve(tmp_path, version=version) as server:
        head = shallow.head(f"{server.url}/empty", make_http(server))
    assert (head.commit, head.branch) == ("", "")


@pytest.mark.parametrize("options", [{}, {"filter": False}, {"version": 0}], ids=["new", "no filter", "old"])
def test_a_repository_whose_objects_have_long_names_is_read_as_any_other(
    options: dict[str, Any], tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    """SHA-256, as Git 3.0 makes them by default."""
    commit = create(tmp_path, "town/app", FILES, object_format="sha256")
    assert len(commit) == 64
    with serve(tmp_path, **options) as server:
        url, http = f"{server.url}/town/app", make_http(server)
        found = snapshot(url, http)
        assert (found.commit, found.branch, found.skipped) == (commit, "main", {})
        assert found.files == {name: FILES[name] for name in WANTED if name in FILES}
        assert ("src", "tree") in found.listing
        assert shallow.head(url, http, marker=commit).commit == commit


def test_a_known_repository_with_long_names_is_one_request(
    tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    commit = create(tmp_path, "town/app", FILES, object_format="sha256")
    with serve(tmp_path) as server:
        http = make_http(server)
        assert shallow.head(f"{server.url}/town/app", http, marker=commit).commit == commit
        assert server.requests["town/app"] == 1


def test_a_repository_that_was_made_anew_with_other_names_is_read(
    tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    commit = create(tmp_path, "town/app", FILES)
    with serve(tmp_path) as server:
        found = shallow.head(f"{server.url}/town/app", make_http(server), marker="0" * 64)
    assert found.commit == commit


def test_names_of_a_kind_that_is_not_known_are_refused_with_a_sentence() -> None:
    lines = [b"version 2", b"ls-refs", b"fetch=shallow filter", b"object-format=sha3"]
    content = b"".join(pktline.line(f"{line.decode()}\n") for line in lines) + pktline.FLUSH
    kind = {"content-type": "application/x-git-upload-pack-advertisement"}
    url = "https://git.example.org/town/app"
    answer = Response(url=url, final_url=f"{url}/info/refs", status=200, headers=kind, content=content)
    with pytest.raises(CrawlError, match="sha3") as caught:
        advertisement._advertisement(answer, url)
    assert caught.value.code == "names-of-objects"


def test_an_old_server_that_names_no_commit_is_told_so(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    lines = pktline.line("# service=git-upload-pack\n") + b"0000" + pktline.line("xyz HEAD\0side-band\n")
    kind = "Content-Type: application/x-git-upload-pack-advertisement"
    path = "/odd.git/info/refs?service=git-upload-pack"
    misbehaving_server.answers[path] = [answer(200, kind, content=lines + b"0000")]
    with pytest.raises(CrawlError) as caught:
        shallow.head(f"{misbehaving_server.url}/odd.git", make_http(misbehaving_server))
    assert caught.value.code == "bad-repository"


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("version", [0, 2])
def test_a_head_that_names_nothing_is_not_an_empty_repository(
    version: int, object_format: str, tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    for branch in ("main", "größer"):
        create(tmp_path, "app", {"a": b"1"}, branch=branch, object_format=object_format)
    (tmp_path / "app.git" / "HEAD").write_text("ref: refs/heads/none\n")
    run_git(f"--git-dir={tmp_path}/app.git", "update-ref", "refs/notes/x", "refs/heads/main")
    with serve(tmp_path, version=version) as server, pytest.raises(CrawlError) as caught:
        shallow.head(f"{server.url}/app", make_http(server))
    assert caught.value.code == "no-head"
    assert caught.value.values["branches"].split(", ") == ["größer", "main"]


def test_a_detached_head_and_an_odd_branch_are_read(tmp_path: Path, make_http: Callable[..., Http]) -> None:
    one = create(tmp_path, "odd", {"a": b"1"}, branch="feature/größer-&-besser")
    two = create(tmp_path, "detached", {"a": b"1"})
    (tmp_path / "detached.git" / "HEAD").write_text(two + "\n")
    with serve(tmp_path) as server:
        odd, detached = (
            shallow.head(f"{server.url}/{name}", make_http(server)) for name in ("odd", "detached")
        )
    assert (odd.commit, odd.branch) == (one, "feature/größer-&-besser")
    assert (detached.commit, detached.branch) == (two, "")


def test_a_rename_is_reported(repositories: Path, commit: str, make_http: Callable[..., Http]) -> None:
    for version, filter in ((2, True), (0, True), (2, False)):
        with serve(repositories, version=version, filter=filter) as server:
            server.renamed["village/app"] = "town/app"
            http = make_http(server)
            head = shallow.head(f"{server.url}/village/app", http)
            assert (head.url, head.commit) == (f"{server.url}/town/app", commit)
            found = shallow.read(
                f"{server.url}/village/app", http, wanted=wanted, commit=commit, endpoint=head.endpoint
            )
            assert found.files["README.md"] == FILES["README.md"]
            assert (
                shallow.read(f"{server.url}/village/app", http, wanted=wanted, commit=commit).files
                == found.files
            )


def test_a_rename_behind_a_mirror_keeps_the_names(
    repositories: Path, commit: str, make_http: Callable[..., Http]
) -> None:
    with serve(repositories) as server:
        server.renamed["village/app"] = "town/app"
        http = make_http(server, fetch_from=(("https://github.com/", f"{server.url}/"),))
        head = shallow.head("https://github.com/village/app", http)
    assert (head.url, head.commit) == ("https://github.com/town/app", commit)


STATUS = {404: "not-found", 401: "not-found", 410: "gone", 403: "refused", 500: "server-error"}


@pytest.mark.parametrize(("status", "code"), STATUS.items())
def test_who_refuses_is_quoted(
    status: int, code: str, git_server: GitServer, make_http: Callable[..., Http]
) -> None:
    git_server.status["town/private"] = status
    with pytest.raises(CrawlError) as failed:
        shallow.head(f"{git_server.url}/town/private", make_http(git_server))
    assert failed.value.code == code
    assert failed.value.status == status


def test_a_page_is_no_repository(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    page = answer(200, "Content-Type: text/html", content=b"<html>Sign in</html>")
    for path in ("git-upload-pack", "info/refs?service=git-upload-pack"):
        misbehaving_server.answers[f"/page.git/{path}"] = misbehaving_server.answers[f"/page/{path}"] = [page]
    with pytest.raises(CrawlError) as failed:
        shallow.head(f"{misbehaving_server.url}/page", make_http(misbehaving_server))
    assert failed.value.code == "not-a-repository"


def test_no_token_goes_along(misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]) -> None:
    """What the public may not see is not read, whatever the operator's token allows."""
    misbehaving_server.heads.clear()
    with pytest.raises(CrawlError):
        shallow.head(
            f"{misbehaving_server.url}/a",
            make_http(misbehaving_server, tokens={misbehaving_server.authority: "Bearer SECRET"}),
        )
    assert misbehaving_server.heads
    assert not any(b"SECRET" in head for head in misbehaving_server.heads)
    assert all(b"User-Agent: git/2 Allmende/" in head for head in misbehaving_server.heads)
