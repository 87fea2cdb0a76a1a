"""What is remembered of a repository between two crawls, so that an unchanged one is not read again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

EMPTY = "empty"  # instead of a commit: the repository has none
_NONE = "-"


class Marker(msgspec.Struct, frozen=True):
    """The state that the forge reported, the commit that was read and the forge's numeric id of a repository.

    It is stored as these three words, "-" for an empty one. A single word is a commit: the repository was
    read without its forge.

    >>> str(Marker("2026-02-03T04:05:06Z@main", "1f0e", "42"))
    '2026-02-03T04:05:06Z@main 1f0e 42'
    >>> Marker.read("1f0e")
    Marker(state='', commit='1f0e', id='')
    """

    state: str = ""
    commit: str = ""
    id: str = ""

    def __str__(self) -> str:
        return " ".join(word or _NONE for word in (self.state, self.commit, self.id))

    @staticmethod
    def read(text: str) -> Marker:
        """The marker of a stored text; an empty one if the text is none."""
        words = ["" if word == _NONE else word for word in text.split(" ")]
        if len(words) == 3:
            return Marker(*words)
        if len(words) == 1:
            return Marker(commit=words[0])
        return Marker()


class KnownMarkers:
    """The markers of earlier crawls at one origin, by address and by the forge's numeric id."""

    def __init__(self, known: Mapping[str, str], *, origin: str) -> None:
        self._markers: dict[str, Marker] = {}
        self._addresses: dict[str, list[str]] = {}
        for url, text in known.items():
            if url.startswith(origin + "/"):
                self._markers[url] = Marker.read(text)
        for url, marker in self._markers.items():
            if marker.id:
                self._addresses.setdefault(marker.id, []).append(url)

    def marker(self, url: str, *, id: str = "") -> Marker:
        """The marker of a repository, under a former address too; never that of one with another id."""
        marker = self._markers.get(url, Marker())
        if not id or (marker.commit and marker.id in ("", id)):
            return marker
        former = (self._markers[address] for address in self._addresses.get(id, ()))
        return max(former, key=lambda marker: marker.state, default=Marker())

    def former_addresses(self, url: str, *, id: str) -> list[str]:
        """The addresses under which a repository was known before; none once it is known under `url`."""
        addresses = self._addresses.get(id, [])
        return [] if url in addresses else addresses
