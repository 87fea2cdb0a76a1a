"""Decompression of gzip with a limit: a megabyte can hold a gigabyte."""

from __future__ import annotations

import zlib


class Gunzip:
    """Decompresses a gzip stream, never more than the caller allows. zlib.error if it is none."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self.whole = False  # the stream has ended, after as many members as it had

    def feed(self, piece: bytes, most: int) -> bytes:
        """The next decompressed bytes, at most `most`; what is beyond them is lost."""
        content = bytearray()
        while piece and len(content) < most:
            if self._stream.eof:  # several members one after the other are one file
                self._stream = zlib.decompressobj(wbits=31)
            content += self._stream.decompress(piece, most - len(content))
            piece = self._stream.unused_data if self._stream.eof else b""
        self.whole = self._stream.eof
        return bytes(content)
