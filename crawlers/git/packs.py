"""Reads a small pack from a stranger (gitformat-pack): every length is capped before anything is unpacked."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

import msgspec

from crawlers.git.pktline import Malformed

MOST_OBJECTS = 20_000
MOST_BYTES = 64_000_000  # of all objects unpacked
MOST_STEPS = 500_000  # of all deltas: each is two bytes at least, so that 46 kB of a pack could keep us busy for half a minute
_PIECE = 4096
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET, _BY_NAME = 6, 7
_MODES = {
    0o040000: "tree",
    0o160000: "commit",
    0o120000: "link",
    0o100644: "blob",
    0o100755: "blob",
    0o100664: "blob",
}


class TooLarge(Exception):
    """An object is larger than allowed, or all together are. Nothing of it was unpacked."""


class Object(msgspec.Struct, frozen=True):
    """A Git object: `kind` is commit, tree, blob or tag."""

    kind: str
    content: bytes


def unpack(data: bytes, *, limit: int) -> dict[str, Object]:
    """The objects of a pack by their id. Malformed if it is no sound pack, TooLarge if an object exceeds `limit` bytes."""
    if len(data) < 32 or data[:4] != b"PACK" or data[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise Malformed("it sent no pack")
    if hashlib.sha1(data[:-20], usedforsecurity=False).digest() != data[-20:]:
        raise Malformed("a checksum is wrong")
    count = int.from_bytes(data[8:12], "big")
    if count > MOST_OBJECTS:
        raise TooLarge
    reader = _Reader(data[:-20], limit=limit)
    for _ in range(count):
        reader.read()
    if reader.at != len(data) - 20 or reader.waiting:
        raise Malformed("its pack does not hold what it announces")
    return reader.by_name


class _Reader:
    """Walks through a pack. A delta waits in `waiting` (by the name of its base) until its base has come."""

    def __init__(self, data: bytes, *, limit: int) -> None:
        self._data, self._limit, self.at, self._left, self._steps = data, limit, 12, MOST_BYTES, MOST_STEPS
        self.by_name: dict[str, Object] = {}
        self.waiting: dict[str, list[tuple[int, bytes]]] = {}
        self._by_offset: dict[int, Object] = {}
        self._names_of_offsets: dict[int, list[tuple[int, bytes]]] = {}

    def read(self) -> None:
        start = self.at
        kind, size = self._head()
        if kind == _BY_OFFSET:
            base = start - self._offset()
            delta = self._inflate(size)
            if base in self._by_offset:
                self._add(start, self._patched(self._by_offset[base], delta))
            else:  # its base is itself a delta that waits
                if base not in self._names_of_offsets:
                    raise Malformed("a part refers to nothing")
                self._names_of_offsets[base].append((start, delta))
                self._names_of_offsets[start] = []
        elif kind == _BY_NAME:
            name = self._take(20).hex()
            delta = self._inflate(size)
            if name in self.by_name:
                self._add(start, self._patched(self.by_name[name], delta))
            else:
                self.waiting.setdefault(name, []).append((start, delta))
                self._names_of_offsets[start] = []
        elif kind in _KINDS:
            self._add(start, Object(_KINDS[kind], self._inflate(size)))
        else:
            raise Malformed("it holds an object of an unknown kind")

    def _add(self, start: int, found: Object) -> None:
        """Keep an object, and make those that waited for it."""
        ready = [(start, found)]
        while ready:
            start, found = ready.pop()
            name = hashlib.sha1(b"%s %d\0" % (found.kind.encode(), len(found.content)), usedforsecurity=False)
            name.update(found.content)
            self.by_name[name.hexdigest()] = self._by_offset[start] = found
            deltas = self.waiting.pop(name.hexdigest(), []) + self._names_of_offsets.pop(start, [])
            ready += [(place, self._patched(found, delta)) for place, delta in deltas]

    def _take(self, length: int) -> bytes:
        taken = self._data[self.at : self.at + length]
        if len(taken) < length:
            raise Malformed("it was cut off")
        self.at += length
        return taken

    def _head(self) -> tuple[int, int]:
        byte = self._take(1)[0]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            if shift > 60:
                raise Malformed("a length is too long")
            byte = self._take(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
        return kind, size

    def _offset(self) -> int:
        byte = self._take(1)[0]
        offset = byte & 0x7F
        while byte & 0x80:
            if offset > len(self._data):
                raise Malformed("a part refers to nothing")
            byte = self._take(1)[0]
            offset = (offset + 1 << 7) | (byte & 0x7F)
        return offset

    def _allow(self, size: int) -> None:
        self._left -= size
        if size > self._limit or self._left < 0:
            raise TooLarge

    def _inflate(self, size: int) -> bytes:
        self._allow(size)
        stream, out = zlib.decompressobj(), bytearray()
        while not stream.eof:
            piece = self._data[self.at : self.at + _PIECE]
            if not piece:
                raise Malformed("it was cut off")
            try:
                out += stream.decompress(piece, size + 1 - len(out))
            except zlib.error as error:
                raise Malformed("a part cannot be decompressed") from error
            if len(out) > size:
                raise Malformed("a part is longer than announced")
            self.at += len(piece) - len(stream.unused_data) - len(stream.unconsumed_tail)
        if len(out) != size:
            raise Malformed("a part is shorter than announced")
        return bytes(out)

    def _patched(self, base: Object, delta: bytes) -> Object:
        source, at = _varint(delta, 0)
        size, at = _varint(delta, at)
        if source != len(base.content):
            raise Malformed("a part does not fit its base")
        self._allow(size)
        content, self._steps = _apply(base.content, delta, at, size=size, steps=self._steps)
        return Object(base.kind, content)


def _varint(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(delta) and shift <= 56:
        byte = delta[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
    raise Malformed("a length is too long")


def _apply(base: bytes, delta: bytes, at: int, *, size: int, steps: int) -> tuple[bytes, int]:
    """What a delta makes of its base, and how many of the steps are left."""
    out = bytearray()
    while at < len(delta):
        steps -= 1
        if steps < 0:
            raise TooLarge
        code = delta[at]
        at += 1
        if code & 0x80:
            offset = length = 0
            for bit in range(7):
                if code & 1 << bit:
                    if at >= len(delta):
                        raise Malformed("a part was cut off")
                    offset, length = (
                        (offset | delta[at] << 8 * bit, length)
                        if bit < 4
                        else (offset, length | delta[at] << 8 * (bit - 4))
                    )
                    at += 1
            copied = base[offset : offset + (length or 0x10000)]
            if len(copied) != (length or 0x10000):
                raise Malformed("a part does not fit its base")
        else:
            copied = delta[at : at + code]
            if code == 0 or len(copied) != code:
                raise Malformed("a part cannot be read")
            at += code
        out += copied
        if len(out) > size:
            raise Malformed("a part is longer than announced")
    if len(out) != size:
        raise Malformed("a part is shorter than announced")
    return bytes(out), steps


def tree_of(commit: bytes) -> str:
    """The id of a commit's root tree."""
    head, _, _ = commit.partition(b"\n")
    if len(head) != 45 or not head.startswith(b"tree "):
        raise Malformed("its commit cannot be read")
    return head[5:].decode("ascii", "replace")


def entries(tree: bytes) -> Iterator[tuple[str, str, str]]:
    """Name, kind ("blob", "tree", "commit" for a submodule, "link") and id of each entry of a tree."""
    at = 0
    while at < len(tree):
        space, end = tree.find(b" ", at, at + 8), tree.find(b"\0", at, at + 4200)
        if space < 0 or end < space or end + 21 > len(tree):
            raise Malformed("its list of files cannot be read")
        try:
            kind = _MODES[int(tree[at:space], 8)]
        except (ValueError, KeyError):
            kind = "other"
        yield tree[space + 1 : end].decode("utf-8", "replace"), kind, tree[end + 1 : end + 21].hex()
        at = end + 21
