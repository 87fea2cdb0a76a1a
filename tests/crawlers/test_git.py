"""Reading Git over real `git http-backend`: few requests, few bytes, old servers, renames, bombs, and servers that lie."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import git, gitprocess, pktline
from crawlers.gitprocess import Clone
from crawlers.http import Http, Policy
from crawlers.source import CrawlError
from tests.servers.evil import BEHAVIOURS, EvilServer, answer
from tests.servers.git_http import GitServer, create, serve
from tests.servers.git_http import git as run_git

FILES = {
    "publiccode.yml": b"publiccodeYmlVersion: '0.4'\n" * 40,
    "README.md": b"# An application\n\nIt does things.\n" * 30,
    "LICENSE": b"Permission is hereby granted ...\n" * 50,
    "LICENSE.de": b"Permission is hereby granted ...\n" * 50 + b"auf Deutsch\n",
    "src/main.py": b"print('x')\n" * 1000,
    "empty": b"",
}
WANTED = ("publiccode.yml", "README.md", "LICENSE", "LICENSE.de", "empty", "nowhere.txt")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, empty."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def wanted(name: str) -> bool:
    return name in WANTED


def snapshot(url: str, http: Http, **options: Any) -> git.Snapshot:
    head = git.head(url, http)
    given: dict[str, Any] = {"wanted": wanted, "endpoint": head.endpoint, **options}
    return git.read(url, http, commit=head.commit, branch=head.branch, **given)


@pytest.fixture(scope="module")
def commit(repositories: Path) -> str:
    """A repository with a history, of which only the last commit may matter."""
    chance = random.Random(1)
    for number in range(5):
        create(repositories, "town/app", {f"old{number}": chance.randbytes(100_000), "README.md": b"old"})
    last = create(repositories, "town/app", FILES)
    for number in range(200):
        run_git(f"--git-dir={repositories}/town/app.git", "update-ref", f"refs/tags/v{number}", last)
    return last


def test_an_unchanged_repository_costs_one_request_of_less_than_a_kilobyte(
    git_server: GitServer, commit: str, out: Callable[..., Http], evidence: Callable[[str, Any], None]
) -> None:
    http = out(git_server)
    git_server.forget()
    head = git.head(f"{git_server.url}/town/app", http)
    assert (head.commit, head.branch) == (commit, "main")
    assert head.url == f"{git_server.url}/town/app"
    assert git_server.requests["town/app"] == http.requests == 1
    assert git_server.bytes["town/app"] < 1000
    assert http.bytes == pytest.approx(git_server.bytes["town/app"], abs=100)
    evidence("bytes of an unchanged repository", git_server.bytes["town/app"])


def test_files_are_read_in_two_more_requests_without_the_history(
    git_server: GitServer, commit: str, out: Callable[..., Http], evidence: Callable[[str, Any], None]
) -> None:
    http = out(git_server)
    git_server.forget()
    found = snapshot(f"{git_server.url}/town/app", http)
    assert found.files == {name: FILES[name] for name in WANTED if name in FILES}
    assert found.listing == (*((name, "blob") for name in sorted({*FILES} - {"src/main.py"})), ("src", "tree"))
    assert (found.commit, found.branch, found.skipped) == (commit, "main", {})
    assert git_server.requests["town/app"] == 3
    assert git_server.bytes["town/app"] < 5000 < 500_000  # the history has half a megabyte
    evidence("bytes of a first reading", git_server.bytes["town/app"])


def test_one_may_choose_among_the_wanted(git_server: GitServer, commit: str, out: Callable[..., Http]) -> None:
    seen: list[str] = []

    def choose(names: Sequence[str]) -> list[str]:
        seen.extend(names)
        return ["LICENSE"]

    url = f"{git_server.url}/town/app"
    found = snapshot(url, out(git_server), choose=choose)
    assert sorted(seen) == sorted(name for name in WANTED if name in FILES)
    assert list(found.files) == ["LICENSE"]
    assert snapshot(url, out(git_server), choose=lambda names: []).files == {}


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
    out: Callable[..., Http],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Servers without filters or without version 2 are read by the git program. None allows to want any object."""
    clones: list[Clone] = []
    enter = Clone.__enter__

    def entered(clone: Clone) -> Clone:
        clones.append(clone)
        return enter(clone)

    monkeypatch.setattr(Clone, "__enter__", entered)
    with serve(repositories, **options) as server:
        for url in (f"{server.url}/town/app", f"{server.url}/town/app/"):
            found = snapshot(url, out(server))
            assert found.commit == commit
            assert found.branch == "main"
            assert found.files == {name: FILES[name] for name in WANTED if name in FILES}
            assert ("src", "tree") in found.listing
    assert len(clones) == 2 * programs
    assert not list(folder.iterdir())


@pytest.mark.parametrize("version", [0, 2])
def test_an_empty_repository_has_no_commit(version: int, tmp_path: Path, out: Callable[..., Http]) -> None:
    run_git("init", "-q", "--bare", str(tmp_path / "empty.git"))
    with serve(tmp_path, version=version) as server:
        head = git.head(f"{server.url}/empty", out(server))
    assert (head.commit, head.branch) == ("", "")


@pytest.mark.parametrize("version", [0, 2])
def test_a_repository_with_long_names_is_refused_with_a_sentence(
    version: int, tmp_path: Path, out: Callable[..., Http]
) -> None:
    directory = tmp_path / "long.git"
    run_git("init", "-q", "--bare", "--object-format=sha256", str(directory))
    tree = run_git(f"--git-dir={directory}", "mktree").decode().strip()
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    one = run_git(*names, f"--git-dir={directory}", "commit-tree", tree, "-m", "x").decode().strip()
    run_git(f"--git-dir={directory}", "update-ref", "HEAD", one)
    with serve(tmp_path, version=version) as server, pytest.raises(CrawlError, match="SHA-256"):
        git.head(f"{server.url}/long", out(server))


def test_a_detached_head_and_an_odd_branch_are_read(tmp_path: Path, out: Callable[..., Http]) -> None:
    one = create(tmp_path, "odd", {"a": b"1"}, branch="feature/größer-&-besser")
    two = create(tmp_path, "detached", {"a": b"1"})
    (tmp_path / "detached.git" / "HEAD").write_text(two + "\n")
    with serve(tmp_path) as server:
        odd, detached = (git.head(f"{server.url}/{name}", out(server)) for name in ("odd", "detached"))
    assert (odd.commit, odd.branch) == (one, "feature/größer-&-besser")
    assert (detached.commit, detached.branch) == (two, "")


def test_a_rename_is_reported(repositories: Path, commit: str, out: Callable[..., Http]) -> None:
    for version, filter in ((2, True), (0, True), (2, False)):
        with serve(repositories, version=version, filter=filter) as server:
            server.renamed["village/app"] = "town/app"
            http = out(server)
            head = git.head(f"{server.url}/village/app", http)
            assert (head.url, head.commit) == (f"{server.url}/town/app", commit)
            found = git.read(f"{server.url}/village/app", http, wanted=wanted, commit=commit, endpoint=head.endpoint)
            assert found.files["README.md"] == FILES["README.md"]
            assert git.read(f"{server.url}/village/app", http, wanted=wanted, commit=commit).files == found.files


def test_a_rename_behind_a_mirror_keeps_the_names(repositories: Path, commit: str, out: Callable[..., Http]) -> None:
    with serve(repositories) as server:
        server.renamed["village/app"] = "town/app"
        http = out(server, fetch_from=(("https://github.com/", f"{server.url}/"),))
        head = git.head("https://github.com/village/app", http)
    assert (head.url, head.commit) == ("https://github.com/town/app", commit)


STATUS = {404: "not-found", 401: "not-found", 410: "gone", 403: "refused", 500: "server-error"}


@pytest.mark.parametrize(("status", "code"), STATUS.items())
def test_who_refuses_is_quoted(status: int, code: str, git_server: GitServer, out: Callable[..., Http]) -> None:
    git_server.status["town/private"] = status
    with pytest.raises(CrawlError) as failed:
        git.head(f"{git_server.url}/town/private", out(git_server))
    assert failed.value.code == code
    assert failed.value.status == status


def test_a_page_is_no_repository(evil_server: EvilServer, out: Callable[..., Http]) -> None:
    page = answer(200, "Content-Type: text/html", content=b"<html>Sign in</html>")
    for path in ("git-upload-pack", "info/refs?service=git-upload-pack"):
        evil_server.answers[f"/page.git/{path}"] = evil_server.answers[f"/page/{path}"] = [page]
    with pytest.raises(CrawlError) as failed:
        git.head(f"{evil_server.url}/page", out(evil_server))
    assert failed.value.code == "not-a-repository"


def test_no_token_goes_along(evil_server: EvilServer, out: Callable[..., Http]) -> None:
    """What the public may not see is not read, whatever the operator's token allows."""
    evil_server.heads.clear()
    with pytest.raises(CrawlError):
        git.head(f"{evil_server.url}/a", out(evil_server, tokens={evil_server.authority: "Bearer SECRET"}))
    assert evil_server.heads
    assert not any(b"SECRET" in head for head in evil_server.heads)
    assert all(b"User-Agent: git/2 Allmende/" in head for head in evil_server.heads)


# Bombs and oddities


def test_links_submodules_and_folders_are_listed_and_not_read(tmp_path: Path, out: Callable[..., Http]) -> None:
    files = {"README.md": b"../../../etc/passwd", "LICENSE": b"1" * 40, "LICENSE.de/inner": b"x", "run": b"#!"}
    files["publiccode.yml"] = b"x"
    modes = {"README.md": "120000", "LICENSE": "160000", "run": "100755"}
    create(tmp_path, "odd", files, modes=modes)
    for filter in (True, False):
        with serve(tmp_path, filter=filter) as server:
            found = snapshot(f"{server.url}/odd", out(server), wanted=lambda name: True)
        assert dict(found.listing) == {
            "README.md": "link",
            "LICENSE": "commit",
            "LICENSE.de": "tree",
            "publiccode.yml": "blob",
            "run": "blob",
        }
        assert found.files == {"publiccode.yml": b"x", "run": b"#!"}
        assert found.skipped == {"README.md": "link", "LICENSE": "submodule"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    files = {"README.md": bytes(100_000_000), "publiccode.yml": b"x", "LICENSE": random.Random(2).randbytes(600_000)}
    create(root, "large", files)
    return root


@pytest.mark.parametrize("options", [{}, {"filter": False}, {"version": 0}])
def test_a_file_of_100_megabytes_is_skipped_and_the_others_are_read(
    options: dict[str, Any], large: Path, out: Callable[..., Http]
) -> None:
    with serve(large, **options) as server:
        began = time.monotonic()
        found = snapshot(f"{server.url}/large", out(server))
        assert time.monotonic() - began < 10
    assert found.files == {"publiccode.yml": b"x"}
    assert found.skipped == {"README.md": "too-large", "LICENSE": "too-large"}


def test_a_clone_that_grows_too_large_is_ended_and_leaves_nothing(
    tmp_path: Path, out: Callable[..., Http], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gitprocess, "FILE_BYTES", 300_000)
    create(tmp_path, "large", {"README.md": b"x", "data": random.Random(3).randbytes(400_000)})
    with serve(tmp_path, filter=False) as server, pytest.raises(CrawlError) as failed:
        snapshot(f"{server.url}/large", out(server))
    assert failed.value.code == "bad-repository"
    assert not list(folder.iterdir())


def test_a_clone_that_takes_too_long_is_ended(
    evil_server: EvilServer, out: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gitprocess, "SECONDS", 1)

    def drip(connection: Any) -> None:
        evil_server.drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x")

    evil_server.answers["/slow.git/info/refs?service=git-upload-pack"] = [drip]
    began = time.monotonic()
    with pytest.raises(CrawlError, match="within 1 seconds"), Clone(f"{evil_server.url}/slow.git", out(evil_server)):
        pass
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("options", [{}, {"filter": False}])
def test_ten_billion_files_are_not_walked(options: dict[str, Any], tmp_path: Path, out: Callable[..., Http]) -> None:
    directory = tmp_path / "bomb.git"
    run_git("init", "-q", "--bare", "-b", "main", str(directory))
    inner = run_git(f"--git-dir={directory}", "hash-object", "-w", "--stdin", content=b"x").decode().strip()
    kind = "100644 blob"
    for _ in range(10):
        lines = "".join(f"{kind} {inner}\tf{number}\n" for number in range(10))
        inner, kind = run_git(f"--git-dir={directory}", "mktree", content=lines.encode()).decode().strip(), "040000 tree"
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    one = run_git(*names, f"--git-dir={directory}", "commit-tree", inner, "-m", "x").decode().strip()
    run_git(f"--git-dir={directory}", "update-ref", "HEAD", one)
    with serve(tmp_path, **options) as server:
        began = time.monotonic()
        found = snapshot(f"{server.url}/bomb", out(server))
        assert time.monotonic() - began < 5
    assert len(found.listing) == 10


def test_a_root_with_very_many_files_is_cut_and_still_read(tmp_path: Path, out: Callable[..., Http]) -> None:
    create(tmp_path, "wide", {**{f"file{number:05}": b"x" for number in range(5000)}, "publiccode.yml": b"y"})
    create(tmp_path, "licences", {f"LICENSE-{number}": b"%d" % number for number in range(60)})
    with serve(tmp_path) as server:
        wide = snapshot(f"{server.url}/wide", out(server))
        licences = snapshot(f"{server.url}/licences", out(server), wanted=lambda name: True)
    assert len(wide.listing) == git.MOST_ENTRIES
    assert wide.files == {"publiccode.yml": b"y"}
    assert len(licences.files) == git.MOST_FILES
    assert list(licences.skipped.values()) == ["too-many"] * (60 - git.MOST_FILES)


# Servers that lie


def pack(*objects: tuple[int, bytes]) -> bytes:
    body = b"PACK" + struct.pack(">LL", 2, len(objects))
    for kind, content in objects:
        size, head = len(content), bytearray()
        head.append(kind << 4 | size & 15 | (0x80 if size > 15 else 0))
        size >>= 4
        while size:
            head.append(size & 0x7F | (0x80 if size > 127 else 0))
            size >>= 7
        body += bytes(head) + zlib.compress(content)
    return body + hashlib.sha1(body).digest()


def in_band(content: bytes) -> bytes:
    pieces = [content[at : at + 60_000] for at in range(0, len(content), 60_000)]
    return b"000dpackfile\n" + b"".join(b"%04x\1" % (len(piece) + 5) + piece for piece in pieces) + b"0000"


def name_of(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


README = b"a README"
TREE = b"100644 README.md\0" + bytes.fromhex(name_of("blob", README))
COMMIT = f"tree {name_of('tree', TREE)}\nauthor x\n\nx".encode()
RESULT = "Content-Type: application/x-git-upload-pack-result"


def tree_of(*rows: bytes) -> bytes:
    return in_band(pack((1, f"tree {name_of('tree', b''.join(rows))}\n".encode()), (2, b"".join(rows))))


LIES = {
    "nothing": b"",
    "a flush": b"0000",
    "an error": pktline.line("ERR upload-pack: not our ref\n"),
    "no pkt-lines": b"<html>",
    "another commit": in_band(pack((1, COMMIT + b"!"), (2, TREE))),
    "no tree": in_band(pack((1, COMMIT))),
    "a blob as commit": in_band(pack((3, COMMIT), (2, TREE))),
    "no pack": b"000dpackfile\n0000",
    "an error in the band": b"000dpackfile\n" + pktline.line("\3no\n"),
    "cut": in_band(pack((1, COMMIT), (2, TREE)))[:-30],
    "a pack with a wrong sum": in_band(pack((1, COMMIT), (2, TREE))[:-1] + b"x"),
    "a tree of noise": tree_of(b"noise"),
    "no blob": in_band(pack((1, COMMIT), (2, TREE))),
    "shallow nonsense": b"0011shallow-info\n0004" + b"0001" + in_band(pack((1, COMMIT), (2, TREE))),
    "many objects": in_band(b"PACK" + struct.pack(">LL", 2, 2**31) + b"x" * 40),
    "large tree": in_band(pack((1, COMMIT), (2, bytes(5_000_000)))),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_our_error_and_never_content(lie: str, evil_server: EvilServer, out: Callable[..., Http]) -> None:
    """The same answer to each question; the server says that it can filter, so no other way is tried."""
    url = f"{evil_server.url}/liar"
    advertised = pktline.line("version 2\n") + pktline.line("fetch=shallow filter\n") + pktline.FLUSH
    for spelling in ("/liar.git", "/liar"):
        evil_server.answers[f"{spelling}/git-upload-pack"] = [answer(200, RESULT, content=LIES[lie])]
        evil_server.answers[f"{spelling}/info/refs?service=git-upload-pack"] = [
            answer(200, "Content-Type: application/x-git-upload-pack-advertisement", content=advertised)
        ]
    http = out(evil_server)
    if lie != "a flush":  # that is the list of an empty repository
        with pytest.raises(CrawlError):
            git.head(url, http)
    try:
        found = git.read(url, http, wanted=wanted, commit=name_of("commit", COMMIT))
    except CrawlError as error:
        assert error.code in ("bad-repository", "git-said", "too-large")  # noqa: PT017
    else:
        assert lie in ("no blob", "shallow nonsense")
        assert (found.files, found.skipped) == ({}, {"README.md": "missing"})


@pytest.mark.parametrize("behaviour", ["slow-body", "slow-header", "bomb", "chained", "endless-body", "silence", "short"])
def test_a_git_server_may_misbehave_as_any_other(
    behaviour: str, evil_server: EvilServer, out: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawlers.gitremote.SECONDS", 0.3)
    evil_server.answers["/a.git/git-upload-pack"] = [lambda connection: BEHAVIOURS[behaviour](evil_server, connection)]
    began = time.monotonic()
    with pytest.raises(CrawlError):
        git.head(f"{evil_server.url}/a", out(evil_server))
    assert time.monotonic() - began < 3


# The git program in its fetters


def test_the_program_goes_to_the_checked_address_only(
    tmp_path: Path, out: Callable[..., Http], commit: str, repositories: Path
) -> None:
    """The name exists nowhere but in the answer that was checked: git cannot have asked for it again."""

    def look_up(name: str, port: int, *_: Any) -> list[Any]:
        assert name == "git.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serve(repositories) as server:
        authority = f"git.example:{server.server_port}"
        with Clone(f"http://{authority}/town/app.git", out(authority, lookup=look_up)) as clone:
            assert clone.root()[0] == commit


def test_the_program_follows_no_redirect_and_no_proxy(
    repositories: Path, commit: str, out: Callable[..., Http], evil_server: EvilServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evil_server.accepted
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, evil_server.url)
    with serve(repositories) as server:
        server.renamed["village/app"] = "town/app"
        http = out(server)
        with pytest.raises(CrawlError), Clone(f"{server.url}/village/app.git", http):
            pass
        assert len(server.log) == 1
        with Clone(f"{server.url}/town/app.git", http) as clone:
            assert clone.root()[0] == commit
    assert evil_server.accepted == before


def test_without_its_tools_the_program_is_not_run(
    git_server: GitServer, out: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CrawlError, match="prlimit"), Clone(f"{git_server.url}/town/app.git", out(git_server)):
        pass


_OPTIONS = ["--upload-pack=", "-u", "-c core.sshCommand=", "ext::sh -c ", "--template=", "-", "--config=", "ssh://-oProxyCommand="]
_COMMANDS = ["touch {marker}", "touch${IFS}{marker}", "$(touch {marker})", "`touch {marker}`", ";touch {marker};"]
_INJECTIONS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://example.invalid/", "https://"]),
    st.sampled_from(_OPTIONS),
    st.sampled_from(_COMMANDS),
    st.sampled_from(["", "/x", " https://example.org/", ".git"]),
)


@given(_INJECTIONS)
def test_no_address_is_an_option_or_a_command(address: str) -> None:
    marker = Path(tempfile.gettempdir(), "allmende-injected")
    address = address.replace("{marker}", str(marker))
    http = Http(Policy(retries=0, requests_per_second=0), wait=lambda seconds: None)
    for call in (lambda: git.head(address, http), lambda: Clone(address, http).__enter__()):
        with pytest.raises(CrawlError):
            call()
    assert not marker.exists()


@pytest.mark.parametrize("branch", ["--upload-pack=touch", "-x", "a b", "$(touch x)", "\x1b[31m", "../../x"])
def test_a_branch_is_never_part_of_a_command(branch: str, evil_server: EvilServer, out: Callable[..., Http]) -> None:
    """It is only reported, as the server has it."""
    content = pktline.line(f"{'1' * 40} HEAD symref-target:refs/heads/{branch}\n") + pktline.FLUSH
    evil_server.answers["/a.git/git-upload-pack"] = [answer(200, RESULT, content=content)]
    head = git.head(f"{evil_server.url}/a", out(evil_server))
    assert head.commit == "1" * 40
    assert head.branch in (branch, branch.split(" ")[0])
