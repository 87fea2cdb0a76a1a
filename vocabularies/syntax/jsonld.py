"""JSON-LD as people write it, in one shape that rows can read: no context is fetched, no expansion is done.

In that shape every value is a list; keys have lost prefix and namespace (`schema:name`, `http://schema.org/name`); `@list`, `@set` and `@value`
are unwrapped; a text with a language stands under `name@` by its language; nodes of a `@graph` stand where they are referred to; what is only
syntax (`@context`, and `@type` below the root) is gone. Problems are told with the paths of the document as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies.problems import Problem
from vocabularies.syntax.documents import Document, Scalar, key_path

_NAMESPACE = re.compile(
    r"https?://schema\.org/|https?://(?:w3id\.org/codemeta|codemeta\.github\.io)/terms/|https?://(?:dx\.)?doi\.org/10\.5063/schema/codemeta-[\d.]+#?/?"
)
_PREFIXES = frozenset(("schema", "codemeta", "sdo"))
_KEYWORDS = {"id": "@id", "type": "@type"}  # CodeMeta 3 writes them so
_LANGUAGE = re.compile(r"(?!(?:id|url)$)[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_COPIES = 20_000  # values that references to nodes of a graph may repeat in all


class Plain(NamedTuple):
    """The document in one shape; `said` maps its paths to those of the document as written."""

    document: Document
    said: dict[str, str]

    def as_written(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """The problems with the paths of the document as written."""
        for problem in problems:
            path = self._as_written(problem.path)
            values = problem.values
            if "key" in values and problem.path:
                values = {**values, "key": re.sub(r"\[\d+\]", "", path) or path}
            yield msgspec.structs.replace(problem, path=path, values=values)

    def _as_written(self, path: str) -> str:
        head = path
        while head and head not in self.said:
            head = head[: max(head.rfind("."), head.rfind("["), 0)]
        return (self.said.get(head, head) + path[len(head) :]).lstrip(".")


def contexts(data: Any) -> list[str]:
    """The addresses that `@context` names or declares prefixes for, of the document or of its first node."""
    return [
        str(item)
        for said in _contexts(data)
        for item in (said.values() if isinstance(said, dict) else [said])
        if isinstance(item, Scalar)
    ]


def _contexts(data: Any) -> list[Any]:
    node = data[0] if isinstance(data, list) and data else data
    said = node.get("@context") if isinstance(node, dict) else None
    return said if isinstance(said, list) else [said]


def plain(document: Document, *, texts: frozenset[str], typed: frozenset[str] = frozenset()) -> Plain:
    """`texts` are the keys whose values may have a language, `typed` those whose values keep their `@type`."""
    nodes = _nodes(document.data)
    if not nodes:
        return Plain(document, {})
    root = min(nodes, key=lambda path: _rank(nodes[path]))
    shaping = _Shaping(document, texts, typed, {path: node for path, node in nodes.items() if path != root})
    data = shaping.node(nodes[root], "", root, keep_type=True)
    for index, path in enumerate(path for path in nodes if path != root and path not in shaping.used):
        data[f"@graph {index}"] = nodes[path]
        shaping.place(f"@graph {index}", path)
    if root and isinstance(document.data, dict):
        for key in document.data.keys() - {"@context", "@graph", "@id", "@type"}:
            data[key if key not in data else key + "'"] = document.data[key]
    return Plain(Document(data, shaping.marks, document.problems), shaping.said)


def _nodes(data: Any) -> dict[str, Any]:
    """Path -> node: the document itself, or what stands in its graph."""
    if isinstance(data, dict) and isinstance(data.get("@graph"), list | dict):
        items = data["@graph"]
        nodes = (
            {"@graph": items}
            if isinstance(items, dict)
            else {f"@graph[{index}]": node for index, node in enumerate(items)}
        )
    elif isinstance(data, list):
        nodes = {f"[{index}]": node for index, node in enumerate(data)}
    else:
        nodes = {"": data}
    return nodes if any(isinstance(node, dict) for node in nodes.values()) else {}


def _rank(node: Any) -> int:
    """The smaller, the more it is what the document is about."""
    if not isinstance(node, dict):
        return 3
    said = node.get("@type", node.get("type"))
    types = {
        str(item).rpartition("/")[2].rpartition(":")[2]
        for item in (said if isinstance(said, list) else [said])
    }
    return 0 if "SoftwareSourceCode" in types else 1 if any("Application" in name for name in types) else 2


class _Shaping:
    def __init__(
        self, document: Document, texts: frozenset[str], typed: frozenset[str], nodes: dict[str, Any]
    ) -> None:
        self.marks: dict[str, tuple[int, int]] = {}
        self.said: dict[str, str] = {}
        self.used: set[str] = set()
        self._document, self._texts, self._typed = document, texts, typed
        self._nodes = nodes
        self._ids = {
            str(id_): path
            for path, node in nodes.items()
            if isinstance(node, dict) and (id_ := node.get("@id", node.get("id")))
        }
        self._prefixes = _PREFIXES | _own_prefixes(document.data)
        self._left = _COPIES

    def place(self, path: str, said: str) -> None:
        """Note where a path of the shape comes from."""
        self.said.setdefault(path, said)
        if said in self._document.marks:
            self.marks.setdefault(path, self._document.marks[said])

    def node(
        self, data: dict[str, Any], at: str, said: str, *, keep_type: bool = False, depth: int = 0
    ) -> dict[str, Any]:
        shape: dict[str, Any] = {}
        for key, value in data.items():
            name, origin = self._name(key), key_path(said, key)
            if name == "@context" or (name == "@graph" and not at) or (name == "@type" and not keep_type):
                continue
            if name == "@id":
                name = name + "'" if name in shape else name
                shape[name] = value
                self.place(key_path(at, name), origin)
                continue
            items = list(_items(value, origin))
            if items and name in self._texts:
                items = [item for item in items if not self._texted(shape, name, item, at)]
                if not items:
                    continue
            self._values(shape, name, items, at, origin, depth)
        return shape

    def _values(
        self, shape: dict[str, Any], name: str, items: list[tuple[Any, str]], at: str, origin: str, depth: int
    ) -> None:
        held = shape.setdefault(name, [])
        self.place(key_path(at, name), origin)
        for item, said in items:
            path = f"{key_path(at, name)}[{len(held)}]"
            self.place(path, said)
            held.append(self._item(item, path, said, keep_type=name in self._typed, depth=depth))

    def _item(self, item: Any, path: str, said: str, *, keep_type: bool, depth: int) -> Any:
        if not isinstance(item, dict):
            return item
        if _is_value(item):
            return item["@value"]
        if depth:
            self._left -= len(item)
        if (
            len(item) == 1
            and isinstance(only := next(iter(item.values())), Scalar)
            and self._name(next(iter(item))) == "@id"
        ):
            target = self._ids.get(only)
            if target is not None and self._left > 0 and depth < 3:
                self.used.add(target)
                self.place(path, target)
                self.said[path] = target
                return self.node(self._nodes[target], path, target, keep_type=keep_type, depth=depth + 1)
        return self.node(item, path, said, keep_type=keep_type, depth=depth)

    def _texted(self, shape: dict[str, Any], name: str, item: tuple[Any, str], at: str) -> bool:
        """Put a text with a language, or a map of languages, under `name@`."""
        value, said = item
        if not isinstance(value, dict):
            return False
        if _is_value(value):
            tagged = (
                [(value["@language"], value["@value"], said)]
                if isinstance(value.get("@language"), Scalar)
                else []
            )
        elif value and all(
            _LANGUAGE.fullmatch(key) and isinstance(text, Scalar) for key, text in value.items()
        ):
            tagged = [(key, text, key_path(said, key)) for key, text in value.items()]
        else:
            return False
        for language, text, origin in tagged:
            held = shape.setdefault(name + "@", {}).setdefault(str(language), [])
            path = key_path(key_path(at, name + "@"), str(language))
            self.place(path, origin)
            self.place(f"{path}[{len(held)}]", origin)
            held.append(text)
        return bool(tagged)

    def _name(self, key: str) -> str:
        name = _NAMESPACE.sub("", key, count=1) if "://" in key else key
        prefix, colon, local = name.partition(":")
        name = local if colon and prefix in self._prefixes and local else name
        return _KEYWORDS.get(name, name + "'" if name.endswith("@") or not name else name)


def _is_value(item: dict[str, Any]) -> bool:
    value = item.get("@value")
    return isinstance(value, Scalar) and item.keys() <= {
        "@value",
        "@language",
        "@type",
        "@direction",
        "@index",
    }


def _items(value: Any, said: str) -> Iterator[tuple[Any, str]]:
    """The single values of a property with their paths: lists, `@list`, `@set` and maps by number, which R's codemetar writes, are opened."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _items(item, f"{said}[{index}]")
    elif isinstance(value, dict) and len(value) == 1 and (key := next(iter(value))) in ("@list", "@set"):
        yield from _items(value[key], key_path(said, key))
    elif isinstance(value, dict) and any(key.isdecimal() for key in value):
        for key, item in value.items():
            if key.isdecimal():
                yield from _items(item, key_path(said, key))
        others = {key: item for key, item in value.items() if not key.isdecimal()}
        if others:
            yield others, said
    else:
        yield value, said


def _own_prefixes(data: Any) -> frozenset[str]:
    """Prefixes that the document declares for one of the known namespaces."""
    node = data[0] if isinstance(data, list) and data else data
    said = node.get("@context") if isinstance(node, dict) else None
    declared = [item for item in (said if isinstance(said, list) else [said]) if isinstance(item, dict)]
    return frozenset(
        key
        for item in declared
        for key, value in item.items()
        if isinstance(value, Scalar) and _NAMESPACE.fullmatch(value)
    )


def compact(data: Any) -> Any:
    """The way back: lists of one are single values, texts with a language are `@value` objects."""
    if isinstance(data, list):
        items = [compact(item) for item in data]
        return items[0] if len(items) == 1 else items
    if not isinstance(data, dict):
        return data
    document: dict[str, Any] = {}
    for key, value in data.items():
        if key.endswith("@"):
            plain_ = data.get(key[:-1], [])
            tagged = [
                {"@language": language, "@value": text} for language, texts in value.items() for text in texts
            ]
            document[key[:-1]] = compact([*plain_, *tagged])
        elif key not in document:
            document[key] = compact(value)
    return document
