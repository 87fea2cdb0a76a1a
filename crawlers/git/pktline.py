"""Git's pkt-line format and protocol version 2 (gitprotocol-v2): requests written, answers read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FLUSH = b"0000"
DELIMITER = b"0001"
END = b"0002"
MOST_PACKETS = 100_000
_HEX = re.compile(rb"[0-9a-fA-F]{4}")


class Malformed(ValueError):
    """What was sent is no Git data, for the reason in the text, or it is an error message of the server."""

    def __init__(self, reason: str, *, server_message: str = "") -> None:
        super().__init__(reason)
        self.server_message = server_message


def line(text: str) -> bytes:
    """One pkt-line.

    >>> line("done")
    b'0008done'
    """
    payload = text.encode()
    return b"%04x" % (len(payload) + 4) + payload


def command(name: str, arguments: Iterable[str], *, object_format: str = "sha1") -> bytes:
    """A request of version 2. It names no capability, since a server ends at each that it does not know.

    But for the object format, where it is not the usual one: without it the server would end.
    """
    lines = b"".join(line(f"{argument}\n") for argument in arguments)
    capability = b"" if object_format == "sha1" else line(f"object-format={object_format}\n")
    return line(f"command={name}\n") + capability + DELIMITER + lines + FLUSH


def packets(content: bytes) -> Iterator[bytes]:
    """The packets of an answer: FLUSH, DELIMITER and END as they are, of all others `=` and the payload.

    >>> list(packets(b"0008done0000"))
    [b'=done', b'0000']
    """
    position = count = 0
    while position < len(content):
        count += 1
        if count > MOST_PACKETS:  # a few kilobytes, decompressed, are millions of them
            raise Malformed("it comes in too many pieces")
        header = content[position : position + 4]
        if not _HEX.fullmatch(header):
            raise Malformed("a length is missing")
        length = int(header, 16)
        if length in (0, 1, 2):
            yield header
            position += 4
            continue
        if length < 4 or position + length > len(content):
            raise Malformed("it was cut off")
        payload = content[position + 4 : position + length]
        if payload.startswith(b"ERR "):
            raise Malformed("it reports an error", server_message=printable(payload[4:]))
        yield b"=" + payload
        position += length


def references(content: bytes) -> Iterator[tuple[str, str, str]]:
    """The answer to `ls-refs`: object id, name, and the target of a symbolic reference ("" for others)."""
    for packet in packets(content):
        if packet == FLUSH:
            return
        words = packet[1:].rstrip(b"\n").split(b" ") if packet.startswith(b"=") else []
        if len(words) < 2:
            raise Malformed("its list of branches cannot be read")
        targets = (word.partition(b":")[2] for word in words[2:] if word.startswith(b"symref-target:"))
        target = next(targets, b"")
        yield object_id(words[0]), words[1].decode("utf-8", "replace"), target.decode("utf-8", "replace")
    raise Malformed("it was cut off")


def pack(content: bytes) -> bytes:
    """The pack in the answer to `fetch`, without the side-band framing."""
    data = bytearray()
    in_pack = False
    for packet in packets(content):
        if packet.rstrip(b"\n") == b"=packfile" and not in_pack:
            in_pack = True
        elif in_pack and packet == FLUSH:
            return bytes(data)
        elif in_pack:
            band = packet[1:2]
            payload = packet[2:]
            if not packet.startswith(b"=") or band not in (b"\x01", b"\x02", b"\x03"):
                raise Malformed("its side band cannot be read")
            if band == b"\x03":
                raise Malformed("it reports an error", server_message=printable(payload))
            if band == b"\x01":
                data += payload
    raise Malformed("it sent no pack")


def object_id(word: bytes) -> str:
    """The id of an object, forty hexadecimal digits or sixty-four. Malformed if it is none."""
    if not re.fullmatch(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?", word):
        raise Malformed("it names its objects in an unknown way")
    return word.decode("ascii")


def printable(message: bytes) -> str:
    """A server's message, short and without anything but printable ASCII."""
    text = re.sub(r"[^!-~]+", " ", message.decode("utf-8", "replace"))
    return " ".join(text.split())[:100]
