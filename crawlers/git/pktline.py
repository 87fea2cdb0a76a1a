"""Git's pkt-line framing, protocol version 2: questions written, answers of strangers taken apart (gitprotocol-v2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FLUSH, DELIMITER, END = b"0000", b"0001", b"0002"
MOST_PACKETS = 100_000
_HEX = re.compile(rb"[0-9a-fA-F]{4}")


class Malformed(ValueError):
    """What was sent is no Git data. The text says why; if it was an error in the server's own words, they are in `said`."""

    def __init__(self, reason: str, *, said: str = "") -> None:
        super().__init__(reason)
        self.said = said


def line(text: str) -> bytes:
    """One packet.

    >>> line("done")
    b'0008done'
    """
    payload = text.encode()
    return b"%04x" % (len(payload) + 4) + payload


def command(name: str, arguments: Iterable[str]) -> bytes:
    """A request of version 2. No capability is named, since each that a server does not know would end the conversation."""
    return (
        line(f"command={name}\n")
        + DELIMITER
        + b"".join(line(f"{argument}\n") for argument in arguments)
        + FLUSH
    )


def packets(content: bytes) -> Iterator[bytes]:
    """The packets of an answer: FLUSH, DELIMITER and END as they stand, of all others the payload behind a `=`.

    >>> list(packets(b"0008done0000"))
    [b'=done', b'0000']
    """
    at = count = 0
    while at < len(content):
        count += 1
        if count > MOST_PACKETS:  # a few kilobytes, unzipped, are millions of them
            raise Malformed("it comes in too many pieces")
        head = content[at : at + 4]
        if not _HEX.fullmatch(head):
            raise Malformed("a length is missing")
        length = int(head, 16)
        if length in (0, 1, 2):
            yield head
            at += 4
            continue
        if length < 4 or at + length > len(content):
            raise Malformed("it was cut off")
        payload = content[at + 4 : at + length]
        if payload.startswith(b"ERR "):
            raise Malformed("it reports an error", said=plain(payload[4:]))
        yield b"=" + payload
        at += length


def references(content: bytes) -> Iterator[tuple[str, str, str]]:
    """The answer to `ls-refs`: object id, name, and the name that a symbolic reference stands for."""
    for packet in packets(content):
        if packet == FLUSH:
            return
        words = packet[1:].rstrip(b"\n").split(b" ") if packet.startswith(b"=") else []
        if len(words) < 2:
            raise Malformed("its list of branches cannot be read")
        target = next(
            (word.partition(b":")[2] for word in words[2:] if word.startswith(b"symref-target:")), b""
        )
        yield object_id(words[0]), words[1].decode("utf-8", "replace"), target.decode("utf-8", "replace")
    raise Malformed("it was cut off")


def pack(content: bytes) -> bytes:
    """The pack in the answer to `fetch`, taken out of its side band."""
    found = bytearray()
    within = False
    for packet in packets(content):
        if packet.rstrip(b"\n") == b"=packfile" and not within:
            within = True
        elif within and packet == FLUSH:
            return bytes(found)
        elif within:
            band, payload = packet[1:2], packet[2:]
            if not packet.startswith(b"=") or band not in (b"\x01", b"\x02", b"\x03"):
                raise Malformed("its side band cannot be read")
            if band == b"\x03":
                raise Malformed("it reports an error", said=plain(payload))
            if band == b"\x01":
                found += payload
    raise Malformed("it sent no pack")


def object_id(word: bytes) -> str:
    """Forty hexadecimal digits."""
    if not re.fullmatch(rb"[0-9a-f]{40}", word):
        raise Malformed("it names its objects in an unknown way")
    return word.decode("ascii")


def plain(said: bytes) -> str:
    """A server's words, short and without anything but printable ASCII."""
    return " ".join(re.sub(r"[^!-~]+", " ", said.decode("utf-8", "replace")).split())[:100]
