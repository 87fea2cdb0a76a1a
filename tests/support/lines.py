"""Rules of a line that ruff does not know: each gives the numbers of the lines that break it."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.support.packages import ROOT

Rule = Callable[[Path], Iterator[int]]
MOST_CONDITIONS = 2
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Everything in a file's syntax tree; the first is the module."""
    return tuple(ast.walk(ast.parse(file.read_bytes())))


def no_condition_inside_another(file: Path) -> Iterator[int]:
    """A conditional expression holds no other; several cases are several `if`."""
    for node in nodes(file):
        if isinstance(node, ast.IfExp):
            inner = [part for part in ast.walk(node) if isinstance(part, ast.IfExp)]
            if len(inner) > 1:
                yield node.lineno


def few_conditions_in_a_statement(file: Path) -> Iterator[int]:
    """A statement holds at most two conditional expressions; what there are more of has a name."""
    for node in nodes(file):
        if isinstance(node, ast.stmt):
            conditions = [part for part in _of_its_own(node) if isinstance(part, ast.IfExp)]
            if len(conditions) > MOST_CONDITIONS:
                yield node.lineno


def _of_its_own(statement: ast.stmt) -> Iterator[ast.AST]:
    """What is in a statement and in none of the statements within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if not isinstance(node, ast.stmt):
                waiting.append(node)
                yield node


def no_comprehension_with_two_loops(file: Path) -> Iterator[int]:
    """A comprehension has one loop; with two it is a function with a name."""
    for node in nodes(file):
        if isinstance(node, _COMPREHENSIONS) and len(node.generators) > 1:
            yield node.lineno


def unformatted_lines_are_tables(file: Path) -> Iterator[int]:
    """`fmt: skip` stands at the end of a table: a literal at the top of a module, or a type that holds rows.

    `X = Table(Thing, (Row(...), Row(...)))` is such a type. Nothing in a table is computed.
    """
    ends = {}
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            ends[node.end_lineno] = node.value
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        if token.type == tokenize.COMMENT and token.string.startswith("# fmt:"):
            table = ends.get(token.start[0])
            if table is None or not _is_literal_table(table):
                yield token.start[0]


def _is_literal_table(table: ast.expr) -> bool:
    if any(isinstance(node, (*_COMPREHENSIONS, ast.Lambda, ast.IfExp)) for node in ast.walk(table)):
        return False
    if isinstance(table, ast.Call):
        rows = [part for part in table.args if isinstance(part, ast.Tuple)]
        of_a_type = isinstance(table.func, ast.Name) and table.func.id[:1].isupper()
        return of_a_type and any(all(isinstance(row, ast.Call) for row in part.elts) for part in rows)
    return isinstance(table, (ast.Dict, ast.Tuple, ast.List, ast.Set))


def one_assignment_a_statement(file: Path) -> Iterator[int]:
    """`a, b = x, y` is for values that are written down, and for what one after the other would get wrong."""
    for node in nodes(file):
        pair = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
        if pair and isinstance(node.value, ast.Tuple) and not _is_written_down(node.value):
            names = [ast.unparse(name) for name in node.targets[0].elts]
            values = node.value.elts
            later = [_mentioned(values[place + 1 :]) for place in range(len(values))]
            if not any(name in mentioned for name, mentioned in zip(names, later, strict=False)):
                yield node.lineno


def _is_written_down(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def _mentioned(values: list[ast.expr]) -> set[str]:
    found = set()
    for value in values:
        found.update(ast.unparse(node) for node in ast.walk(value) if isinstance(node, ast.expr))
    return found


def keywords_beyond_three_arguments(file: Path) -> Iterator[int]:
    """A call of ours names what stands behind the third argument; rows of tables need not."""
    for call, _ in calls_of_ours(file):
        if len(call.args) > 3:
            yield call.lineno


def calls_of_ours(file: Path) -> Iterator[tuple[ast.Call, list[str]]]:
    """The calls of what this file defines or imports from the house, and the names of the parameters."""
    tree = ast.parse(file.read_bytes())
    rows: set[int] = set()
    for table in filter(_is_table, tree.body):
        rows.update(id(node) for node in ast.walk(table))
        for function in filter(lambda node: isinstance(node, ast.Lambda), ast.walk(table)):
            rows.difference_update(id(node) for node in ast.walk(function))  # what it does is no row
    known = {**_imported(tree), **_defined(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in rows:
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            parameters = known.get(ast.unparse(node.func), [])
            if parameters and not starred:
                yield node, parameters


def _is_table(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    rows = any(isinstance(part, ast.Tuple) for part in getattr(value, "args", ()))
    return rows or isinstance(value, (ast.Tuple, ast.List, ast.Dict))


def _defined(tree: ast.Module) -> dict[str, list[str]]:
    """Function or type -> its parameters in order; left out is what takes any number, and a fixture."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.args.vararg and not node.decorator_list:
            found[node.name] = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        elif isinstance(node, ast.ClassDef):
            found[node.name] = _fields(node)
    return found


def _fields(node: ast.ClassDef) -> list[str]:
    """The parameters of a type: those of its `__init__`, or its fields."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__" and not part.args.vararg:
            return [argument.arg for argument in part.args.args[1:]]
    fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
    return [field.id for field in fields if isinstance(field, ast.Name)]


def _imported(tree: ast.Module) -> dict[str, list[str]]:
    """The same of what is imported, by the name by which it is called here: `name` or `module.name`."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            here = _of_module(node.module or "")
            for alias in node.names:
                name = alias.asname or alias.name
                if alias.name in here:
                    found[name] = here[alias.name]
                inside = _of_module(f"{node.module}.{alias.name}")
                found.update({f"{name}.{part}": parameters for part, parameters in inside.items()})
    return found


@cache
def _of_module(module: str) -> dict[str, list[str]]:
    file = (ROOT / Path(*module.split("."))).with_suffix(".py")
    return _defined(ast.parse(file.read_bytes())) if file.exists() else {}


RULES: tuple[Rule, ...] = (
    no_condition_inside_another,
    no_comprehension_with_two_loops,
    keywords_beyond_three_arguments,
    unformatted_lines_are_tables,
)
# The tests often put what they begin with into one line.
RULES_OF_THE_CODE: tuple[Rule, ...] = (one_assignment_a_statement, few_conditions_in_a_statement)
