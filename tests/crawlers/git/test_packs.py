"""Packs and pkt-lines.

What git writes is read, and what a stranger writes is an error of ours within the caps.
"""

from __future__ import annotations

import contextlib
import doctest
import hashlib
import random
import struct
import zlib
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pytest
from dulwich.objects import Blob
from dulwich.pack import PackData, create_delta
from hypothesis import given
from hypothesis import strategies as st

from crawlers.git import packs, pktline
from crawlers.git.object_format import SHA1, SHA256, ObjectFormat
from crawlers.git.packs import TooLarge, unpack
from crawlers.git.pktline import Malformed
from crawlers.git.trees import entries, tree_of
from tests.support.servers.git_http import create, git

LIMIT = 1_000_000
KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4, "offset": 6, "name": 7}


def head(kind: int, size: int) -> bytes:
    """The head of an entry: kind and size, seven bits a byte."""
    make_http = bytearray([kind << 4 | size & 15])
    size >>= 4
    while size:
        make_http[-1] |= 0x80
        make_http.append(size & 0x7F)
        size >>= 7
    return bytes(make_http)


def offset(distance: int) -> bytes:
    make_http = [distance & 0x7F]
    while distance := distance >> 7:
        distance -= 1
        make_http.insert(0, 0x80 | distance & 0x7F)
    return bytes(make_http)


def packed(*items: bytes, count: int | None = None) -> bytes:
    body = b"PACK" + struct.pack(">LL", 2, len(items) if count is None else count) + b"".join(items)
    return body + hashlib.sha1(body).digest()


def entry(kind: str, content: bytes, *, before: bytes = b"", size: int | None = None) -> bytes:
    return head(KINDS[kind], len(content) if size is None else size) + before + zlib.compress(content)


def name_of(content: bytes, kind: str = "blob") -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def delta(base: bytes, target: bytes) -> bytes:
    return b"".join(create_delta(base, target))


# What git writes


@pytest.fixture(scope="module", params=[SHA1, SHA256], ids=lambda object_format: object_format.name)
def named(request: pytest.FixtureRequest) -> ObjectFormat:
    return cast(ObjectFormat, request.param)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, named: ObjectFormat) -> tuple[Path, list[str]]:
    """A repository with texts that resemble each other, and the ids of all its objects."""
    root = tmp_path_factory.mktemp("packs")
    chance = random.Random(7)
    words = ["Bürger", "amt", "daten", "offen", "quelle", "stadt", "\n"]
    text = " ".join(chance.choices(words, k=3000))
    for number in range(6):
        files = {
            f"text{part}": (text[: 1500 * part] + str(number) + text[1500 * part :]).encode()
            for part in range(8)
        }
        all_files = {**files, "empty": b"", "large": bytes(200_000), "folder/inner": b"x"}
        create(root, "resembling", all_files, object_format=named.name)
    directory = root / "resembling.git"
    listed = git(f"--git-dir={directory}", "rev-list", "--objects", "--all").decode().splitlines()
    return directory, [line.split()[0] for line in listed]


@pytest.mark.parametrize(
    "options", [["--window=0"], ["--window=50", "--depth=50"], ["--window=50", "--delta-base-offset"]]
)
def test_a_pack_of_git_is_read_whole(
    options: list[str], written: tuple[Path, list[str]], named: ObjectFormat
) -> None:
    directory, names = written
    pack = git(
        f"--git-dir={directory}",
        "pack-objects",
        "-q",
        "--stdout",
        *options,
        content="\n".join(names).encode(),
    )
    found = unpack(pack, limit=LIMIT, object_format=named)
    assert set(found) == set(names)
    with pytest.raises(Malformed):
        unpack(pack, limit=LIMIT, object_format=SHA1 if named is SHA256 else SHA256)
    for name, thing in found.items():
        assert git(f"--git-dir={directory}", "cat-file", thing.kind, name) == thing.content


def test_it_is_read_as_another_reader_reads_it(
    written: tuple[Path, list[str]], named: ObjectFormat, tmp_path: Path
) -> None:
    directory, names = written
    listed = "\n".join(names).encode()
    pack = git(
        f"--git-dir={directory}", "pack-objects", "-q", "--stdout", "--delta-base-offset", content=listed
    )
    (tmp_path / "p.pack").write_bytes(pack)
    with contextlib.closing(PackData(str(tmp_path / "p.pack"), object_format=_theirs(named))) as theirs:
        expected = {entry[0].hex() for entry in theirs.iterentries()}
    assert set(unpack(pack, limit=LIMIT, object_format=named)) == expected


def _theirs(named: ObjectFormat) -> Any:
    from dulwich import object_format

    return object_format.SHA1 if named is SHA1 else object_format.SHA256


def test_trees_and_commits_are_read(written: tuple[Path, list[str]], named: ObjectFormat) -> None:
    directory, _ = written
    commit = git(f"--git-dir={directory}", "cat-file", "commit", "HEAD")
    tree = git(f"--git-dir={directory}", "cat-file", "tree", "HEAD^{tree}")
    assert tree_of(commit) == git(f"--git-dir={directory}", "rev-parse", "HEAD^{tree}").decode().strip()
    listed = git(f"--git-dir={directory}", "ls-tree", "HEAD").decode().splitlines()
    assert [(name, kind, identifier) for name, kind, identifier in entries(tree, named.size)] == [
        (line.split("\t")[1], line.split()[1], line.split()[2]) for line in listed
    ]


@given(
    st.lists(st.tuples(st.binary(max_size=400), st.binary(max_size=400)), max_size=4),
    st.randoms(use_true_random=False),
)
def test_deltas_are_applied_in_any_order(pairs: list[tuple[bytes, bytes]], chance: random.Random) -> None:
    """By name a delta may stand before its base."""
    items = []
    for base, target in pairs:
        items.append(entry("blob", base))
        items.append(entry("name", delta(base, target), before=bytes.fromhex(name_of(base))))
    chance.shuffle(items)
    found = unpack(packed(*items), limit=LIMIT)
    written = {name_of(content): content for content in chain.from_iterable(pairs)}
    assert {name: thing.content for name, thing in found.items()} == written
    assert all(Blob.from_string(thing.content).id.decode() == name for name, thing in found.items())


def test_a_chain_of_deltas_by_offset_may_hang_on_one_by_name() -> None:
    texts = [b"text " * 50 + bytes([65 + number]) * 20 for number in range(5)]
    items: list[bytes] = []
    starts: list[int] = []
    at = 12
    for number in range(1, 5):
        before = bytes.fromhex(name_of(texts[0])) if number == 1 else offset(at - starts[-1])
        items.append(
            entry("name" if number == 1 else "offset", delta(texts[number - 1], texts[number]), before=before)
        )
        starts.append(at)
        at += len(items[-1])
    found = unpack(packed(*items, entry("blob", texts[0])), limit=LIMIT)
    assert {thing.content for thing in found.values()} == set(texts)


# What strangers write

BASE = b"base " * 20
NAMED = bytes.fromhex(name_of(BASE))
HOSTILE = {
    "nothing": b"",
    "no pack": b"x" * 100,
    "wrong checksum": packed(entry("blob", b"x"))[:-1] + b"\0",
    "wrong version": (body := b"PACK" + struct.pack(">LL", 9, 0) + b"x" * 20) + hashlib.sha1(body).digest(),
    "fewer than announced": packed(entry("blob", b"x"), count=2),
    "more than announced": packed(entry("blob", b"x"), entry("blob", b"y"), count=1),
    "unknown kind": packed(head(5, 1) + zlib.compress(b"x")),
    "kind nought": packed(head(0, 1) + zlib.compress(b"x")),
    "no zlib": packed(head(3, 10) + b"this is no zlib"),
    "cut zlib": packed(head(3, 100) + zlib.compress(b"x" * 100)[:-6]),
    "longer than said": packed(entry("blob", b"x" * 100, size=99)),
    "shorter than said": packed(entry("blob", b"x" * 100, size=101)),
    "endless size": packed(b"\xb0" + b"\xff" * 30),
    "base beyond the beginning": packed(entry("offset", delta(BASE, b"x"), before=offset(10_000))),
    "base is itself": packed(entry("offset", delta(BASE, b"x"), before=b"\0")),
    "base in the middle of another": packed(
        entry("blob", BASE), entry("offset", delta(BASE, b"x"), before=offset(3))
    ),
    "endless offset": packed(head(6, 10) + b"\xff" * 40 + b"\0"),
    "base is missing": packed(entry("name", delta(BASE, b"x"), before=b"\1" * 20)),
    "delta for another base": packed(entry("blob", BASE), entry("name", delta(b"other", b"x"), before=NAMED)),
}
DELTAS = {
    "empty": b"",
    "no target size": bytes([len(BASE)]),
    "endless sizes": b"\xff" * 40,
    "code nought": bytes([len(BASE), 1, 0]),
    "insert beyond the end": bytes([len(BASE), 5, 5]) + b"ab",
    "copy beyond the base": bytes([len(BASE), 50, 0x91, 90, 50]),
    "copy cut off": bytes([len(BASE), 50, 0xFF]),
    "longer than said": bytes([len(BASE), 1, 2]) + b"ab",
    "shorter than said": bytes([len(BASE), 3, 2]) + b"ab",
}
HOSTILE |= {
    f"delta: {name}": packed(entry("blob", BASE), entry("name", content, before=NAMED))
    for name, content in DELTAS.items()
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_pack_that_is_not_sound_is_malformed(case: str) -> None:
    with pytest.raises(Malformed):
        unpack(HOSTILE[case], limit=LIMIT)


def test_nothing_larger_than_allowed_is_unpacked() -> None:
    large = zlib.compress(bytes(50_000_000))
    with pytest.raises(TooLarge):
        unpack(packed(head(3, 50_000_000) + large), limit=LIMIT)
    size = len(BASE) * 20_000  # a delta that copies its base over and over
    announced = bytes([len(BASE), size & 127 | 128, size >> 7 & 127 | 128, size >> 14])
    content = announced + bytes([0x90, len(BASE)]) * 20_000
    assert len(unpack(packed(entry("blob", BASE), entry("name", content, before=NAMED)), limit=size)) == 2
    with pytest.raises(TooLarge):
        unpack(packed(entry("blob", BASE), entry("name", content, before=NAMED)), limit=LIMIT)
    with pytest.raises(TooLarge):  # many that are each small enough
        unpack(
            packed(*[entry("blob", bytes(900_000) + bytes([number])) for number in range(80)]), limit=LIMIT
        )
    with pytest.raises(TooLarge):
        unpack(packed(count=packs.MOST_OBJECTS + 1), limit=LIMIT)
    assert len(unpack(packed(entry("blob", bytes(LIMIT))), limit=LIMIT)) == 1


_SMALL = [b"", *[pack for pack in HOSTILE.values() if len(pack) < 500]]


@given(st.binary(max_size=300), st.sampled_from(_SMALL), st.integers(0, 400))
def test_whatever_bytes_come_the_error_is_ours(noise: bytes, pack: bytes, place: int) -> None:
    mixed = pack[:place] + noise + pack[place:]
    body = b"PACK" + struct.pack(">LL", 2, 1 + len(noise) % 3) + mixed
    for content in (mixed, body + hashlib.sha1(body).digest()):
        with contextlib.suppress(Malformed, TooLarge):
            unpack(content, limit=10_000)
    for read in (
        tree_of,
        lambda text: list(entries(text)),
        lambda text: list(pktline.packets(text)),
        pktline.pack,
    ):
        for text in (noise, b"0005\1" + noise, b"%04x" % (len(noise) + 4) + noise, b"000dpackfile\n" + noise):
            with contextlib.suppress(Malformed):
                read(text)
    with contextlib.suppress(Malformed):
        list(pktline.references(noise))


# pkt-lines


@given(st.lists(st.text(max_size=80)))
def test_what_is_written_as_packets_is_read_as_packets(lines: list[str]) -> None:
    lines = [line for line in lines if not line.startswith("ERR ")]
    content = b"".join(map(pktline.line, lines)) + pktline.FLUSH
    assert list(pktline.packets(content)) == [b"=" + line.encode() for line in lines] + [pktline.FLUSH]


@pytest.mark.parametrize(
    "content", [b"000", b"zzzz", b"0003", b"-001", b"0x10", b"0009done", b"ffff", b"00 8done", b"\xff" * 4]
)
def test_lengths_that_lie_are_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        list(pktline.packets(content))


def test_a_servers_own_words_are_told_plainly() -> None:
    words = "no \x1b[31mway\x00" + "x" * 500
    for content in (pktline.line("ERR " + words), b"000dpackfile\n" + pktline.line("\3" + words)):
        with pytest.raises(Malformed) as failed:
            pktline.pack(content)
        assert failed.value.server_message.startswith("no [31mway x")
        assert len(failed.value.server_message) <= 100


@pytest.mark.parametrize("after", [None, b"", b"0005\x01", b"00010000", b"0005\x090000", b"0000"])
def test_no_pack_is_no_success(after: bytes | None) -> None:
    """The last case is a side band with nothing in it."""
    with pytest.raises(Malformed):
        unpack(pktline.pack(b"0000" if after is None else b"000dpackfile\n" + after), limit=LIMIT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pktline.FLUSH, []),
        (pktline.line(f"{'1' * 40} HEAD\n") + pktline.FLUSH, [("1" * 40, "HEAD", "")]),
        (
            pktline.line(f"{'1' * 40} HEAD symref-target:refs/heads/a:b peeled:{'2' * 40}\n") + pktline.FLUSH,
            [("1" * 40, "HEAD", "refs/heads/a:b")],
        ),
    ],
)
def test_references_are_read(content: bytes, expected: list[tuple[str, str, str]]) -> None:
    assert list(pktline.references(content)) == expected


@pytest.mark.parametrize(
    "line", ["HEAD", "x HEAD", f"{'1' * 50} HEAD", f"{'1' * 39}g HEAD", "unborn HEAD", ""]
)
def test_references_that_cannot_be_read_are_malformed(line: str) -> None:
    with pytest.raises(Malformed):
        list(pktline.references(pktline.line(line) + pktline.FLUSH))


def test_the_examples_hold() -> None:
    assert doctest.testmod(pktline).failed == 0
