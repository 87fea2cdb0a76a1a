"""Reads a small foreign pack (gitformat-pack): every length is checked before anything is decompressed."""

from __future__ import annotations

import zlib

import msgspec

from crawlers.git.object_format import SHA1, ObjectFormat
from crawlers.git.pktline import Malformed

MOST_OBJECTS = 20_000
MOST_BYTES = 64_000_000  # of all objects unpacked
# Instructions of all deltas: one is a few bytes, so that without a limit 46 kB of a pack take half a minute.
MOST_INSTRUCTIONS = 500_000
_PIECE_BYTES = 4096
_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_OFFSET_DELTA = 6
_REFERENCE_DELTA = 7


class TooLarge(Exception):
    """An object is larger than allowed, or all together are. Nothing of it was unpacked."""


class Object(msgspec.Struct, frozen=True):
    """A Git object: `kind` is commit, tree, blob or tag."""

    kind: str
    content: bytes


def unpack(data: bytes, *, limit: int, object_format: ObjectFormat = SHA1) -> dict[str, Object]:
    """The objects of a pack by their id.

    Malformed if it is no sound pack, TooLarge if an object exceeds `limit` bytes or the pack another limit.
    """
    if len(data) < 32 or data[:4] != b"PACK" or data[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        raise Malformed("it sent no pack")
    end = len(data) - object_format.size
    if object_format.digest(data[:end]) != data[end:]:
        raise Malformed("a checksum is wrong")
    count = int.from_bytes(data[8:12], "big")
    if count > MOST_OBJECTS:
        raise TooLarge
    reader = _Reader(data[:end], limit=limit, object_format=object_format)
    for _ in range(count):
        reader.read()
    if reader.position != end or reader.pending:
        raise Malformed("its pack does not hold what it announces")
    return reader.objects


class _Reader:
    """Reads the entries of a pack one after the other. A delta may come before its base, and is then pending.

    Deltas name their base by its id or by the offset of its entry. `pending` holds the former by that id, and
    `_pending_at` the latter by that offset, each as (offset of the delta's entry, delta); every pending delta
    has a key there, so that an offset which is neither an object nor a key refers to nothing.
    """

    def __init__(self, data: bytes, *, limit: int, object_format: ObjectFormat) -> None:
        self._data = data
        self._format = object_format
        self._limit = limit
        self._bytes_left = MOST_BYTES
        self._instructions_left = MOST_INSTRUCTIONS
        self.position = 12
        self.objects: dict[str, Object] = {}
        self.pending: dict[str, list[tuple[int, bytes]]] = {}
        self._objects_at: dict[int, Object] = {}
        self._pending_at: dict[int, list[tuple[int, bytes]]] = {}

    def read(self) -> None:
        """Read one entry."""
        start = self.position
        kind, size = self._header()
        if kind == _OFFSET_DELTA:
            base = start - self._offset()
            delta = self._inflate(size)
            if base in self._objects_at:
                self._add(start, self._patched(self._objects_at[base], delta))
            else:  # its base is itself a pending delta
                if base not in self._pending_at:
                    raise Malformed("a part refers to nothing")
                self._pending_at[base].append((start, delta))
                self._pending_at[start] = []
        elif kind == _REFERENCE_DELTA:
            name = self._take(self._format.size).hex()
            delta = self._inflate(size)
            if name in self.objects:
                self._add(start, self._patched(self.objects[name], delta))
            else:
                self.pending.setdefault(name, []).append((start, delta))
                self._pending_at[start] = []
        elif kind in _KINDS:
            self._add(start, Object(_KINDS[kind], self._inflate(size)))
        else:
            raise Malformed("it holds an object of an unknown kind")

    def _add(self, start: int, added: Object) -> None:
        """Keep an object, and make those whose deltas were pending for it."""
        ready = [(start, added)]
        while ready:
            offset, item = ready.pop()
            name = self._name(item)
            self.objects[name] = item
            self._objects_at[offset] = item
            deltas = self.pending.pop(name, []) + self._pending_at.pop(offset, [])
            ready += [(place, self._patched(item, delta)) for place, delta in deltas]

    def _name(self, item: Object) -> str:
        """The id of an object."""
        head = b"%s %d\0" % (item.kind.encode(), len(item.content))
        return self._format.digest(head, item.content).hex()

    def _take(self, length: int) -> bytes:
        content = self._data[self.position : self.position + length]
        if len(content) < length:
            raise Malformed("it was cut off")
        self.position += length
        return content

    def _header(self) -> tuple[int, int]:
        """The kind of an entry, and the size of its decompressed content."""
        byte = self._take(1)[0]
        kind = byte >> 4 & 7
        size = byte & 15
        shift = 4
        while byte & 0x80:
            if shift > 60:
                raise Malformed("a length is too long")
            byte = self._take(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
        return kind, size

    def _offset(self) -> int:
        """How far before its own entry the base of a delta begins."""
        byte = self._take(1)[0]
        offset = byte & 0x7F
        while byte & 0x80:
            if offset > len(self._data):
                raise Malformed("a part refers to nothing")
            byte = self._take(1)[0]
            offset = (offset + 1 << 7) | (byte & 0x7F)
        return offset

    def _allow(self, size: int) -> None:
        self._bytes_left -= size
        if size > self._limit or self._bytes_left < 0:
            raise TooLarge

    def _inflate(self, size: int) -> bytes:
        self._allow(size)
        stream = zlib.decompressobj()
        content = bytearray()
        while not stream.eof:
            piece = self._data[self.position : self.position + _PIECE_BYTES]
            if not piece:
                raise Malformed("it was cut off")
            try:
                content += stream.decompress(piece, size + 1 - len(content))
            except zlib.error as error:
                raise Malformed("a part cannot be decompressed") from error
            if len(content) > size:
                raise Malformed("a part is longer than announced")
            self.position += len(piece) - len(stream.unused_data) - len(stream.unconsumed_tail)
        if len(content) != size:
            raise Malformed("a part is shorter than announced")
        return bytes(content)

    def _patched(self, base: Object, delta: bytes) -> Object:
        """The object that a delta makes of its base."""
        base_size, position = _varint(delta, 0)
        size, position = _varint(delta, position)
        if base_size != len(base.content):
            raise Malformed("a part does not fit its base")
        self._allow(size)
        content, self._instructions_left = _apply(
            base.content, delta, position, size=size, most=self._instructions_left
        )
        return Object(base.kind, content)


def _varint(delta: bytes, position: int) -> tuple[int, int]:
    """A number, and the position behind it."""
    value = shift = 0
    while position < len(delta) and shift <= 56:
        byte = delta[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position
    raise Malformed("a length is too long")


def _apply(base: bytes, delta: bytes, position: int, *, size: int, most: int) -> tuple[bytes, int]:
    """What the instructions of a delta make of its base, and how many of `most` instructions are left.

    In one loop without calls: a hostile delta has very many instructions.
    """
    content = bytearray()
    while position < len(delta):
        most -= 1
        if most < 0:
            raise TooLarge
        code = delta[position]
        position += 1
        if code & 0x80:  # copy from the base; a set bit of the code stands for a byte of offset or length
            offset = length = 0
            for bit in range(7):
                if code & 1 << bit:
                    if position >= len(delta):
                        raise Malformed("a part was cut off")
                    if bit < 4:
                        offset |= delta[position] << 8 * bit
                    else:
                        length |= delta[position] << 8 * (bit - 4)
                    position += 1
            length = length or 0x10000
            added = base[offset : offset + length]
            if len(added) != length:
                raise Malformed("a part does not fit its base")
        else:  # take the bytes that follow
            added = delta[position : position + code]
            if code == 0 or len(added) != code:
                raise Malformed("a part cannot be read")
            position += code
        content += added
        if len(content) > size:
            raise Malformed("a part is longer than announced")
    if len(content) != size:
        raise Malformed("a part is shorter than announced")
    return bytes(content), most
