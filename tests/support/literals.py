"""Values and addresses that a file spells out where it could name them: found in its syntax tree.

A value is spelt out where something is compared with it, or asked whether it is among such, and where a table
is keyed by nothing but such values. An address is where it is part of any text but a docstring or a route.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Set
from itertools import chain
from typing import Any

from jinja2 import Environment, nodes

_ADDRESS = re.compile(r"/(?:id/(?:solution|record|org|catalog)|solutions/|publishers/|dcat/catalog)")
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


def addresses_of_python(tree: ast.AST) -> Iterator[int]:
    """The lines of a module that build an address which vocabularies/iris.py builds."""
    exempt: set[int] = set()
    for node in ast.walk(tree):
        exempt |= {id(part) for part in _docstring(node)}
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "route":
                exempt |= set(map(id, ast.walk(call)))
    for node in ast.walk(tree):
        text = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in exempt and _ADDRESS.search(text):
            yield node.lineno


def _docstring(node: ast.AST) -> list[ast.expr]:
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return [first.value] if isinstance(first, ast.Expr) else []


def addresses_of_template(source: str) -> Iterator[int]:
    """The same of a template; its comments say what they like."""
    said = re.sub(r"{#.*?#}", lambda found: "\n" * found[0].count("\n"), source, flags=re.DOTALL)
    for number, line in enumerate(said.splitlines(), start=1):
        if _ADDRESS.search(line):
            yield number
