"""Rules of a line that ruff does not know: each gives the numbers of the lines that break it."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

Rule = Callable[[Path], Iterator[int]]
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@cache
def _nodes(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_bytes())))


def no_condition_inside_another(file: Path) -> Iterator[int]:
    """A conditional expression holds no other; several cases are several `if`."""
    for node in _nodes(file):
        if isinstance(node, ast.IfExp):
            inner = [part for part in ast.walk(node) if isinstance(part, ast.IfExp)]
            if len(inner) > 1:
                yield node.lineno


def no_comprehension_with_two_loops(file: Path) -> Iterator[int]:
    """A comprehension has one loop; with two it is a function with a name."""
    for node in _nodes(file):
        if isinstance(node, _COMPREHENSIONS) and len(node.generators) > 1:
            yield node.lineno


def unformatted_lines_are_tables(file: Path) -> Iterator[int]:
    """`fmt: skip` stands at the end of a table of rows: a literal, or a call that holds nothing but rows."""
    ends = {}
    for node in _nodes(file):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            ends[node.end_lineno] = node.value
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        if token.type == tokenize.COMMENT and token.string.startswith("# fmt:"):
            table = ends.get(token.start[0])
            if not isinstance(table, (ast.Dict, ast.Tuple, ast.List, ast.Set, ast.Call)):
                yield token.start[0]


RULES: tuple[Rule, ...] = (unformatted_lines_are_tables,)
