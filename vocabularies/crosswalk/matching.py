"""Which values of a document the key patterns of a table mean, and which paths of it were taken."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.report import Report
from vocabularies.syntax.documents import Scalar, key_path


class Match(NamedTuple):
    """A value that a pattern means: its path, the keys that `*` stood for with their paths, the value."""

    path: str
    captured: patterns.Trail
    value: Any


_Place = tuple[str, patterns.Trail, Any]  # a Match in the making; plain, since there are very many


class Matcher:
    """Follows patterns through one document.

    `names` are the keys of the whole table, none of which is a misspelling of another; `spellings` are
    spellings of keys that need no remark. `taken` are the paths whose values were used.
    """

    def __init__(self, report: Report, *, names: frozenset[str], spellings: frozenset[str]) -> None:
        self.taken: set[str] = set()
        self._report = report
        self._names = names
        self._spellings = spellings
        self._folded: dict[int, dict[str, str]] = {}  # by the identity of a dict of the document

    def matches(self, pattern: str, data: Any, path: str) -> list[Match]:
        """The values that a pattern means below `path`, where `data` stands."""
        places: list[_Place] = [(path, (), data)]
        for part in patterns.parts(pattern):
            if not places:  # as for most rows of a table
                return []
            if len(places) == 1:
                places = self._step(places[0], part)
            else:
                places = list(itertools.chain.from_iterable(self._step(place, part) for place in places))
        return [Match(*place) for place in places]

    def _step(self, place: _Place, part: str) -> list[_Place]:
        path, captured, value = place
        if part[0] == "[":
            return self._items(place) if part == "[]" or isinstance(value, list) else [place]
        if not isinstance(value, dict):
            return []
        if part == "*":
            paths = {key: key_path(path, key) for key in value}
            return [(paths[key], (*captured, (key, paths[key])), value[key]) for key in value]
        if "+" in part:
            return self._joined(place, part.split("+"))
        key = self._key(value, part, path)
        return [] if key is None else [(key_path(path, key), captured, value[key])]

    def _items(self, place: _Place) -> list[_Place]:
        path, captured, value = place
        if isinstance(value, list):
            return [(f"{path}[{index}]", captured, item) for index, item in enumerate(value)]
        if value is None:
            return []
        self._report.note_once("single-value", path)
        return [place]

    def _joined(self, place: _Place, names: list[str]) -> list[_Place]:
        """The texts of several keys as one text, at the path of the first that is there."""
        path, captured, data = place
        words: dict[str, str] = {}
        for name in names:
            key = self._key(data, name, path)
            value = data[key] if key is not None else None
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if key is not None and isinstance(value, Scalar) and value.strip():
                words[key_path(path, key)] = value
        if not words:
            return []
        self.taken.update(words)
        return [(next(iter(words)), captured, Scalar(" ".join(words.values())))]

    def _key(self, data: dict[str, Any], name: str, path: str) -> str | None:
        """The key as written.

        Another case or separator is understood and reported once, unless it is the name of another row.
        """
        if name in data:
            return name
        if id(data) not in self._folded:
            self._folded[id(data)] = {patterns.folded(key): key for key in reversed(data)}
        key = self._folded[id(data)].get(patterns.folded(name))
        if key is None or key in self._names:
            return None
        if key not in self._spellings:
            self._report.note_once("misspelt-key", key_path(path, key), key=key, right=name)
        return key
