"""Small answers that are much work.

A few kilobytes on the wire must not keep a web process busy, or fill its memory.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

import pytest

from crawlers.git import advertisement, packs, pktline
from crawlers.net.http import Response
from tests.crawlers.git.test_packs import entry, packed
from tests.support.cost import cpu

SECONDS = 2.0
BASE = b"x" * 1000
NAMED = hashlib.sha1(b"blob 1000\0" + BASE).digest()


def varint(number: int) -> bytes:
    make_http = bytearray([number & 0x7F])
    while number := number >> 7:
        make_http[-1] |= 0x80
        make_http.append(number & 0x7F)
    return bytes(make_http)


def copies(count: int) -> bytes:
    """A delta that copies one byte, so many times: two bytes a step, and zlib makes a thousandth of them."""
    return varint(len(BASE)) + varint(count) + b"\x90\x01" * count


def test_deltas_of_many_tiny_steps_are_given_up() -> None:
    bomb = packed(
        entry("blob", BASE), *(entry("name", copies(255_000 - number), before=NAMED) for number in range(80))
    )
    assert len(bomb) < 60_000

    def refused() -> None:
        with pytest.raises(packs.TooLarge):
            packs.unpack(bomb, limit=512_000)

    assert cpu(refused, enough=SECONDS) < SECONDS


def test_a_delta_of_an_honest_number_of_steps_is_read() -> None:
    found = packs.unpack(
        packed(entry("blob", BASE), entry("name", copies(100_000), before=NAMED)), limit=512_000
    )
    assert {one.content for one in found.values()} == {BASE, b"x" * 100_000}


@pytest.mark.parametrize("piece", [b"0000", b"0005x", b"0006\x02x", b"0006\x01x"])
def test_millions_of_tiny_packets_are_given_up(piece: bytes) -> None:
    content = b"000dpackfile\n" + piece * 3_000_000
    assert len(zlib.compress(content)) < 60_000
    readers: list[Callable[[bytes], object]] = [lambda content: list(pktline.packets(content))]
    readers += [pktline.pack] if piece != b"0000" else []  # which ends a pack

    def refused() -> None:
        for read in readers:
            with pytest.raises(pktline.Malformed):
                read(content)

    assert cpu(refused, enough=SECONDS) < SECONDS


def test_of_an_advertisement_only_the_beginning_is_read() -> None:
    url = "https://code.example/town/app"
    kind = {"content-type": "application/x-git-upload-pack-advertisement"}
    first = (
        pktline.line("# service=git-upload-pack\n")
        + b"0000"
        + pktline.line("1" * 40 + " HEAD\0symref=HEAD:refs/heads/main\n")
    )
    content = first + b"0005x" * 4_000_000
    found: list[advertisement.Advertisement] = []

    def read() -> None:
        found.append(
            advertisement._advertisement(
                Response(url=url, final_url=f"{url}/info/refs", status=200, headers=kind, content=content),
                url,
            )
        )

    assert cpu(read, enough=SECONDS / 10) < SECONDS / 10
    assert (found[0].commit, found[0].branch, found[0].version) == ("1" * 40, "main", 0)
