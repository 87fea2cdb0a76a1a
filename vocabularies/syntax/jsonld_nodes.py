"""Nodes of a JSON-LD document with plain keys and lists as values, references within its graph followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vocabularies.syntax.documents import Document, Mark, Scalar, key_path

_NAMESPACE = re.compile(
    r"https?://schema\.org/"
    r"|https?://(?:w3id\.org/codemeta|codemeta\.github\.io)/terms/"
    r"|https?://(?:dx\.)?doi\.org/10\.5063/schema/codemeta-[\d.]+#?/?"
)
_PREFIXES = frozenset(("schema", "codemeta", "sdo"))
_KEYWORDS = {"id": "@id", "type": "@type"}  # CodeMeta 3 writes them so
_LANGUAGE = re.compile(r"(?!(?:id|url)$)[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_VALUE_KEYS = frozenset(("@value", "@language", "@type", "@direction", "@index"))
_MAX_COPIES = 20_000  # values that references to nodes of a graph may repeat in all
_MAX_REFERENCES = 3  # that are followed one after the other


def declared_contexts(data: Any) -> list[Any]:
    """The values of `@context` of the document or, if it is a list, of its first node."""
    node = data[0] if isinstance(data, list) and data else data
    context = node.get("@context") if isinstance(node, dict) else None
    return context if isinstance(context, list) else [context]


class NodeNormaliser:
    """Normalises nodes of one document and notes where in the document each path of the result comes from.

    `texts` are the keys whose values may have a language, `typed` those whose values keep their `@type`;
    `nodes` are the nodes that others may refer to, by their path. Afterwards `marks` and `origins` are known
    for the paths of the result, and `used` holds the paths of the nodes that were referred to.
    """

    def __init__(
        self, document: Document, *, texts: frozenset[str], typed: frozenset[str], nodes: dict[str, Any]
    ) -> None:
        self.marks: dict[str, Mark] = {}
        self.origins: dict[str, str] = {}
        self.used: set[str] = set()
        self._document = document
        self._texts = texts
        self._typed = typed
        self._nodes = nodes
        self._by_id = _by_id(nodes)
        self._prefixes = _PREFIXES | _own_prefixes(document.data)
        self._copies_left = _MAX_COPIES

    def place_root(self, origin: str) -> None:
        """Note where the root of the result comes from; the paths below it are noted one by one."""
        self.marks[""] = self._document.marks[origin]

    def place(self, path: str, origin: str) -> None:
        """Note where a path of the result comes from."""
        self.origins.setdefault(path, origin)
        if origin in self._document.marks:
            self.marks.setdefault(path, self._document.marks[origin])

    def node(
        self, data: dict[str, Any], path: str, origin: str, *, keep_type: bool = False, depth: int = 0
    ) -> dict[str, Any]:
        """The node with plain keys and lists as values. `depth` counts the references that led to it."""
        result: dict[str, Any] = {}
        for key, value in data.items():
            name = self._name(key)
            key_origin = key_path(origin, key)
            if name == "@context" or (name == "@graph" and not path) or (name == "@type" and not keep_type):
                continue
            if name == "@id":
                name = name + "'" if name in result else name
                result[name] = value
                self.place(key_path(path, name), key_origin)
                continue
            values = list(_values(value, key_origin))
            if values and name in self._texts:
                values = [pair for pair in values if not self._take_texts(result, name, pair, path=path)]
                if not values:
                    continue
            self.place(key_path(path, name), key_origin)
            self._append(result.setdefault(name, []), name, values, path=key_path(path, name), depth=depth)
        return result

    def _append(
        self, target: list[Any], name: str, values: list[tuple[Any, str]], *, path: str, depth: int
    ) -> None:
        """Add the values of the property `name`, whose path is `path`, to its list."""
        for value, origin in values:
            value_path = f"{path}[{len(target)}]"
            self.place(value_path, origin)
            keep_type = name in self._typed
            target.append(self._value(value, value_path, origin, keep_type=keep_type, depth=depth))

    def _value(self, value: Any, path: str, origin: str, *, keep_type: bool, depth: int) -> Any:
        if not isinstance(value, dict):
            return value
        if _is_value_object(value):
            return value["@value"]
        if depth:
            self._copies_left -= len(value)
        target = self._referred_to(value)
        if target is None or self._copies_left <= 0 or depth >= _MAX_REFERENCES:
            return self.node(value, path, origin, keep_type=keep_type, depth=depth)
        self.used.add(target)
        self.place(path, target)
        self.origins[path] = target
        return self.node(self._nodes[target], path, target, keep_type=keep_type, depth=depth + 1)

    def _referred_to(self, value: dict[str, Any]) -> str | None:
        """The path of the node that is meant by an object of nothing but an `@id`."""
        if len(value) != 1:
            return None
        [(key, id_)] = value.items()
        if not isinstance(id_, Scalar) or self._name(key) != "@id":
            return None
        return self._by_id.get(id_)

    def _take_texts(self, result: dict[str, Any], name: str, pair: tuple[Any, str], *, path: str) -> bool:
        """Put a text with a language, or a map of languages, under `name@`; False if the value is neither."""
        tagged = _tagged_texts(*pair)
        for language, text, origin in tagged:
            texts = result.setdefault(name + "@", {}).setdefault(language, [])
            language_path = key_path(key_path(path, name + "@"), language)
            self.place(language_path, origin)
            self.place(f"{language_path}[{len(texts)}]", origin)
            texts.append(text)
        return bool(tagged)

    def _name(self, key: str) -> str:
        """The key without prefix and namespace; one that could be taken for a key of ours gets a quote."""
        name = _NAMESPACE.sub("", key, count=1) if "://" in key else key
        prefix, _, local = name.partition(":")
        if local and prefix in self._prefixes:
            name = local
        if name in _KEYWORDS:
            return _KEYWORDS[name]
        return name + "'" if name.endswith("@") or not name else name


def _by_id(nodes: dict[str, Any]) -> dict[str, str]:
    """`@id` -> path."""
    paths: dict[str, str] = {}
    for path, node in nodes.items():
        id_ = node.get("@id", node.get("id")) if isinstance(node, dict) else None
        if id_:
            paths[str(id_)] = path
    return paths


def _own_prefixes(data: Any) -> frozenset[str]:
    """Prefixes that the document declares for one of the known namespaces."""
    prefixes: set[str] = set()
    for context in declared_contexts(data):
        if isinstance(context, dict):
            prefixes.update(key for key, value in context.items() if _is_namespace(value))
    return frozenset(prefixes)


def _is_namespace(value: Any) -> bool:
    return isinstance(value, Scalar) and _NAMESPACE.fullmatch(value) is not None


def _is_value_object(value: dict[str, Any]) -> bool:
    return isinstance(value.get("@value"), Scalar) and value.keys() <= _VALUE_KEYS


def _tagged_texts(value: Any, origin: str) -> list[tuple[str, Any, str]]:
    """(language, text, origin) of a value object with a language, or of each text of a map of languages.

    [] for anything else.
    """
    if not isinstance(value, dict):
        return []
    if _is_value_object(value):
        language = value.get("@language")
        return [(str(language), value["@value"], origin)] if isinstance(language, Scalar) else []
    if all(_LANGUAGE.fullmatch(key) and isinstance(text, Scalar) for key, text in value.items()):
        return [(str(key), text, key_path(origin, key)) for key, text in value.items()]
    return []


def _values(value: Any, origin: str) -> Iterator[tuple[Any, str]]:
    """The single values of a property with their paths.

    Lists, `@list`, `@set` and maps by number (as R's codemetar writes them) are opened.
    """
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _values(inner, f"{origin}[{index}]")
    elif isinstance(value, dict) and len(value) == 1 and (key := next(iter(value))) in ("@list", "@set"):
        yield from _values(value[key], key_path(origin, key))
    elif isinstance(value, dict) and any(key.isdecimal() for key in value):
        for key, inner in value.items():
            if key.isdecimal():
                yield from _values(inner, key_path(origin, key))
        rest = {key: inner for key, inner in value.items() if not key.isdecimal()}
        if rest:
            yield rest, origin
    else:
        yield value, origin
