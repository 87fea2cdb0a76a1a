"""Values that a file spells out where it could name them: found in the syntax trees of Python and of Jinja.

A value is spelt out where something is compared with it, or asked whether it is among such, and where a table
is keyed by nothing but such values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from typing import Any

from jinja2 import Environment, nodes

_COMPARING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
_FILTERS = {"select", "reject", "selectattr", "rejectattr"}
_TESTS = {"eq", "equalto", "==", "ne", "!=", "in"}
Found = Iterator[tuple[int, str]]


def of_python(tree: ast.AST, values: Set[str]) -> Found:
    """(line, value) of each of these values that a module spells out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, _COMPARING) for op in node.ops):
            for part in chain.from_iterable(map(_python_items, (node.left, *node.comparators))):
                yield from _among(node.lineno, [getattr(part, "value", None)], values)
        elif isinstance(node, ast.MatchValue):
            yield from _among(node.value.lineno, [getattr(node.value, "value", None)], values)
        elif isinstance(node, ast.Dict):
            yield from _keys(node.lineno, [getattr(key, "value", None) for key in node.keys], values)


def _python_items(node: ast.expr) -> list[ast.expr]:
    """The parts of a display, or of `frozenset((...))`; else the expression itself."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("set", "frozenset", "tuple"):
        return list(chain.from_iterable(map(_python_items, node.args)))
    return node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]


def of_template(source: str, values: Set[str]) -> Found:
    """The same of a template, its tests (`is eq`) and filters (`selectattr`) among the comparisons."""
    tree = Environment(autoescape=True).parse(source)
    for node in tree.find_all((nodes.Compare, nodes.Test, nodes.Filter, nodes.Dict)):
        if isinstance(node, nodes.Dict):
            yield from _keys(node.lineno, [getattr(pair.key, "value", None) for pair in node.items], values)
            continue
        for part in chain.from_iterable(map(_template_items, _operands(node))):
            yield from _among(node.lineno, [getattr(part, "value", None)], values)


def _operands(node: nodes.Node) -> list[nodes.Node]:
    if isinstance(node, nodes.Compare):
        return [node.expr, *(operand.expr for operand in node.ops)]
    compares = isinstance(node, nodes.Test) and node.name in _TESTS
    chooses = isinstance(node, nodes.Filter) and node.name in _FILTERS
    return list(getattr(node, "args", ())) if compares or chooses else []


def _template_items(node: nodes.Node) -> list[Any]:
    return list(node.items) if isinstance(node, (nodes.Tuple, nodes.List)) else [node]


def _among(line: int, spelt: Iterable[object], values: Set[str]) -> Found:
    for value in spelt:
        if isinstance(value, str) and value in values:
            yield line, value


def _keys(line: int, keys: list[object], values: Set[str]) -> Found:
    if keys and all(isinstance(key, str) and key in values for key in keys):
        yield from _among(line, keys, values)
