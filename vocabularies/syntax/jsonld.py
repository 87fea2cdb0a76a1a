"""JSON-LD as people write it, normalised to one shape that rows can read.

No context is fetched and no expansion is done. In that shape every value is a list; keys have lost prefix and
namespace (`schema:name`, `http://schema.org/name`); `@list`, `@set` and `@value` are unwrapped; a text with a
language stands under `name@` by its language; nodes of a `@graph` stand where they are referred to; what is
only syntax (`@context`, and `@type` below the root) is gone. Problems are reported with the paths of the
document as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from vocabularies.problems import Problem
from vocabularies.syntax.documents import Document, Scalar
from vocabularies.syntax.jsonld_nodes import NodeNormaliser, declared_contexts

# Keys beside a graph that say nothing themselves.
_WRAPPING = frozenset(("@context", "@graph", "@id", "@type"))


class Normalised(NamedTuple):
    """The document in the one shape; `origins` maps its paths to those of the document as written."""

    document: Document
    origins: dict[str, str]

    def as_written(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """The problems with the paths of the document as written."""
        for problem in problems:
            path = self._origin(problem.path)
            values = problem.values
            if "key" in values and problem.path:
                values = {**values, "key": re.sub(r"\[\d+\]", "", path) or path}
            yield msgspec.structs.replace(problem, path=path, values=values)

    def _origin(self, path: str) -> str:
        head = path
        while head and head not in self.origins:
            head = head[: max(head.rfind("."), head.rfind("["), 0)]
        return (self.origins.get(head, head) + path[len(head) :]).lstrip(".")


def contexts(data: Any) -> list[str]:
    """The addresses that `@context` names or declares prefixes for, of the document or of its first node."""
    addresses: list[str] = []
    for context in declared_contexts(data):
        values = context.values() if isinstance(context, dict) else (context,)
        addresses += [str(value) for value in values if isinstance(value, Scalar)]
    return addresses


def normalised(
    document: Document, *, texts: frozenset[str], typed: frozenset[str] = frozenset()
) -> Normalised:
    """The document in the one shape.

    `texts` are the keys whose values may have a language, `typed` those whose values keep their `@type`.
    """
    nodes = _nodes(document.data)
    if not nodes:
        return Normalised(document, {})
    root = min(nodes, key=lambda path: _rank(nodes[path]))
    others = {path: node for path, node in nodes.items() if path != root}
    normaliser = NodeNormaliser(document, texts=texts, typed=typed, nodes=others)
    normaliser.place_root(root)
    data = normaliser.node(nodes[root], "", root, keep_type=True)
    unused = [path for path in others if path not in normaliser.used]
    for index, path in enumerate(unused):
        data[f"@graph {index}"] = nodes[path]
        normaliser.place(f"@graph {index}", path)
    if root and isinstance(document.data, dict):
        for key in document.data.keys() - _WRAPPING:
            data[key if key not in data else key + "'"] = document.data[key]
    expanded = document._replace(data=data, marks=normaliser.marks)
    return Normalised(expanded, normaliser.origins)


def _nodes(data: Any) -> dict[str, Any]:
    """Path -> node: the document itself, or what stands in its graph; {} if none of it is a node."""
    nodes = {"": data}
    graph = data.get("@graph") if isinstance(data, dict) else None
    if isinstance(graph, dict):
        nodes = {"@graph": graph}
    elif isinstance(graph, list):
        nodes = {f"@graph[{index}]": node for index, node in enumerate(graph)}
    elif isinstance(data, list):
        nodes = {f"[{index}]": node for index, node in enumerate(data)}
    return nodes if any(isinstance(node, dict) for node in nodes.values()) else {}


def _rank(node: Any) -> int:
    """The smaller, the more likely the node is the software that the document describes."""
    if not isinstance(node, dict):
        return 3
    type_ = node.get("@type", node.get("type"))
    names = {str(name) for name in (type_ if isinstance(type_, list) else [type_])}
    types = {name.rpartition("/")[2].rpartition(":")[2] for name in names}
    if "SoftwareSourceCode" in types:
        return 0
    return 1 if any("Application" in name for name in types) else 2


def compact(data: Any) -> Any:
    """Normalised data as JSON-LD: lists of one are single values, texts with a language `@value` objects."""
    if isinstance(data, list):
        values = [compact(value) for value in data]
        return values[0] if len(values) == 1 else values
    if not isinstance(data, dict):
        return data
    document: dict[str, Any] = {}
    for key, value in data.items():
        if key.endswith("@"):
            document[key[:-1]] = compact([*data.get(key[:-1], []), *_value_objects(value)])
        elif key not in document:
            document[key] = compact(value)
    return document


def _value_objects(by_language: dict[str, list[Any]]) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = []
    for language, texts in by_language.items():
        objects += [{"@language": language, "@value": text} for text in texts]
    return objects
