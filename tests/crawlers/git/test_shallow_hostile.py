"""Repositories that are bombs, servers that lie, and the git program in its fetters."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.git import pktline, process, shallow
from crawlers.git.process import Clone
from crawlers.net.http import Http, Policy
from tests.support.git_repositories import snapshot, wanted
from tests.support.servers.git_http import GitServer, create, serve
from tests.support.servers.git_http import git as run_git
from tests.support.servers.misbehaving import BEHAVIOURS, MisbehavingServer, answer


def test_links_submodules_and_folders_are_listed_and_not_read(
    tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    files = {
        "README.md": b"../../../etc/passwd",
        "LICENSE": b"1" * 40,
        "LICENSE.de/inner": b"x",
        "run": b"#!",
    }
    files["publiccode.yml"] = b"x"
    modes = {"README.md": "120000", "LICENSE": "160000", "run": "100755"}
    create(tmp_path, "odd", files, modes=modes)
    for filter in (True, False):
        with serve(tmp_path, filter=filter) as server:
            found = snapshot(f"{server.url}/odd", make_http(server), wanted=lambda name: True)
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
    files = {
        "README.md": bytes(100_000_000),
        "publiccode.yml": b"x",
        "LICENSE": random.Random(2).randbytes(600_000),
    }
    create(root, "large", files)
    return root


@pytest.mark.parametrize("options", [{}, {"filter": False}, {"version": 0}])
def test_a_file_of_100_megabytes_is_skipped_and_the_others_are_read(
    options: dict[str, Any], large: Path, make_http: Callable[..., Http]
) -> None:
    with serve(large, **options) as server:
        began = time.monotonic()
        found = snapshot(f"{server.url}/large", make_http(server))
        assert time.monotonic() - began < 10
    assert found.files == {"publiccode.yml": b"x"}
    assert found.skipped == {"README.md": "too-large", "LICENSE": "too-large"}


def test_a_clone_that_grows_too_large_is_ended_and_leaves_nothing(
    tmp_path: Path, make_http: Callable[..., Http], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "FILE_BYTES", 300_000)
    create(tmp_path, "large", {"README.md": b"x", "data": random.Random(3).randbytes(400_000)})
    with serve(tmp_path, filter=False) as server, pytest.raises(CrawlError) as failed:
        snapshot(f"{server.url}/large", make_http(server))
    assert failed.value.code == "bad-repository"
    assert not list(folder.iterdir())


def test_a_clone_that_takes_too_long_is_ended(
    misbehaving_server: MisbehavingServer, make_http: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS", 1)

    def drip(connection: Any) -> None:
        misbehaving_server.drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x")

    misbehaving_server.answers["/slow.git/info/refs?service=git-upload-pack"] = [drip]
    began = time.monotonic()
    with (
        pytest.raises(CrawlError, match="within 1 seconds"),
        Clone(f"{misbehaving_server.url}/slow.git", make_http(misbehaving_server)),
    ):
        pass
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("options", [{}, {"filter": False}])
def test_ten_billion_files_are_not_walked(
    options: dict[str, Any], tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    directory = tmp_path / "bomb.git"
    run_git("init", "-q", "--bare", "-b", "main", str(directory))
    inner = run_git(f"--git-dir={directory}", "hash-object", "-w", "--stdin", content=b"x").decode().strip()
    kind = "100644 blob"
    for _ in range(10):
        lines = "".join(f"{kind} {inner}\tf{number}\n" for number in range(10))
        inner, kind = (
            run_git(f"--git-dir={directory}", "mktree", content=lines.encode()).decode().strip(),
            "040000 tree",
        )
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    one = run_git(*names, f"--git-dir={directory}", "commit-tree", inner, "-m", "x").decode().strip()
    run_git(f"--git-dir={directory}", "update-ref", "HEAD", one)
    with serve(tmp_path, **options) as server:
        began = time.monotonic()
        found = snapshot(f"{server.url}/bomb", make_http(server))
        assert time.monotonic() - began < 5
    assert len(found.listing) == 10


def test_a_root_with_very_many_files_is_cut_and_still_read(
    tmp_path: Path, make_http: Callable[..., Http]
) -> None:
    create(tmp_path, "wide", {**{f"file{number:05}": b"x" for number in range(5000)}, "publiccode.yml": b"y"})
    create(tmp_path, "licences", {f"LICENSE-{number}": b"%d" % number for number in range(60)})
    with serve(tmp_path) as server:
        wide = snapshot(f"{server.url}/wide", make_http(server))
        licences = snapshot(f"{server.url}/licences", make_http(server), wanted=lambda name: True)
    assert len(wide.listing) == shallow.MOST_ENTRIES
    assert wide.files == {"publiccode.yml": b"y"}
    assert len(licences.files) == shallow.MOST_FILES
    assert list(licences.skipped.values()) == ["too-many"] * (60 - shallow.MOST_FILES)


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
def test_a_lie_is_our_error_and_never_content(
    lie: str, misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    """The same answer to each question; the server says that it can filter, so no other way is tried."""
    url = f"{misbehaving_server.url}/liar"
    advertised = pktline.line("version 2\n") + pktline.line("fetch=shallow filter\n") + pktline.FLUSH
    for spelling in ("/liar.git", "/liar"):
        misbehaving_server.answers[f"{spelling}/git-upload-pack"] = [answer(200, RESULT, content=LIES[lie])]
        misbehaving_server.answers[f"{spelling}/info/refs?service=git-upload-pack"] = [
            answer(200, "Content-Type: application/x-git-upload-pack-advertisement", content=advertised)
        ]
    http = make_http(misbehaving_server)
    if lie != "a flush":  # that is the list of an empty repository
        with pytest.raises(CrawlError):
            shallow.head(url, http)
    try:
        found = shallow.read(url, http, wanted=wanted, commit=name_of("commit", COMMIT))
    except CrawlError as error:
        assert error.code in ("bad-repository", "git-refused", "too-large")  # noqa: PT017
    else:
        assert lie in ("no blob", "shallow nonsense")
        assert (found.files, found.skipped) == ({}, {"README.md": "missing"})


@pytest.mark.parametrize(
    "behaviour", ["slow-body", "slow-header", "bomb", "chained", "endless-body", "silence", "short"]
)
def test_a_git_server_may_misbehave_as_any_other(
    behaviour: str,
    misbehaving_server: MisbehavingServer,
    make_http: Callable[..., Http],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crawlers.git.remote.SECONDS", 0.3)
    misbehaving_server.answers["/a.git/git-upload-pack"] = [
        lambda connection: BEHAVIOURS[behaviour](misbehaving_server, connection)
    ]
    began = time.monotonic()
    with pytest.raises(CrawlError):
        shallow.head(f"{misbehaving_server.url}/a", make_http(misbehaving_server))
    assert time.monotonic() - began < 3


# The git program under limits


def test_the_program_goes_to_the_checked_address_only(
    tmp_path: Path, make_http: Callable[..., Http], commit: str, repositories: Path
) -> None:
    """The name exists nowhere but in the answer that was checked: git cannot have asked for it again."""

    def look_up(name: str, port: int, *_: Any) -> list[Any]:
        assert name == "git.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serve(repositories) as server:
        authority = f"git.example:{server.server_port}"
        with Clone(f"http://{authority}/town/app.git", make_http(authority, lookup=look_up)) as clone:
            assert clone.root()[0] == commit


def test_the_program_follows_no_redirect_and_no_proxy(
    repositories: Path,
    commit: str,
    make_http: Callable[..., Http],
    misbehaving_server: MisbehavingServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = misbehaving_server.accepted
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, misbehaving_server.url)
    with serve(repositories) as server:
        server.renamed["village/app"] = "town/app"
        http = make_http(server)
        with pytest.raises(CrawlError), Clone(f"{server.url}/village/app.git", http):
            pass
        assert len(server.log) == 1
        with Clone(f"{server.url}/town/app.git", http) as clone:
            assert clone.root()[0] == commit
    assert misbehaving_server.accepted == before


def test_without_its_tools_the_program_is_not_run(
    git_server: GitServer, make_http: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with (
        pytest.raises(CrawlError, match="prlimit"),
        Clone(f"{git_server.url}/town/app.git", make_http(git_server)),
    ):
        pass


_OPTIONS = [
    "--upload-pack=",
    "-u",
    "-c core.sshCommand=",
    "ext::sh -c ",
    "--template=",
    "-",
    "--config=",
    "ssh://-oProxyCommand=",
]
_COMMANDS = [
    "touch {marker}",
    "touch${IFS}{marker}",
    "$(touch {marker})",
    "`touch {marker}`",
    ";touch {marker};",
]
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
    for call in (lambda: shallow.head(address, http), lambda: Clone(address, http).__enter__()):
        with pytest.raises(CrawlError):
            call()
    assert not marker.exists()


@pytest.mark.parametrize("branch", ["--upload-pack=touch", "-x", "a b", "$(touch x)", "\x1b[31m", "../../x"])
def test_a_branch_is_never_part_of_a_command(
    branch: str, misbehaving_server: MisbehavingServer, make_http: Callable[..., Http]
) -> None:
    """It is only reported, as the server has it."""
    content = pktline.line(f"{'1' * 40} HEAD symref-target:refs/heads/{branch}\n") + pktline.FLUSH
    misbehaving_server.answers["/a.git/git-upload-pack"] = [answer(200, RESULT, content=content)]
    head = shallow.head(f"{misbehaving_server.url}/a", make_http(misbehaving_server))
    assert head.commit == "1" * 40
    assert head.branch in (branch, branch.split(" ")[0])
