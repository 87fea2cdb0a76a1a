"""Rendered pages, kept in memory under their ETags.

An ETag names a page exactly, so the page under it never changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from flask import Response

_LARGEST_SHARE = 8  # a page may take this part of the whole at most


class Kept(NamedTuple):
    """An answer as it was first given."""

    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + 400

    def response(self) -> Response:
        """The same answer once more."""
        return Response(self.body, headers=list(self.headers))


class PageCache:
    """At most `limit` bytes; what was asked for longest ago goes first. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._pages: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str) -> Response | None:
        """The page with this ETag, if it is kept."""
        with self._lock:
            kept = self._pages.get(tag)
            if kept is None:
                return None
            self._pages.move_to_end(tag)
        return kept.response()

    def put(self, tag: str, response: Response) -> None:
        """Keep a page that everybody may be given: whole, and without a cookie."""
        if response.is_streamed or "Set-Cookie" in response.headers:
            return
        kept = Kept(response.get_data(), tuple(response.headers.items()))
        if kept.size > self.limit // _LARGEST_SHARE:
            return
        with self._lock:
            before = self._pages.pop(tag, None)
            self.size += kept.size - (before.size if before else 0)
            self._pages[tag] = kept
            while self.size > self.limit:
                self.size -= self._pages.popitem(last=False)[1].size
