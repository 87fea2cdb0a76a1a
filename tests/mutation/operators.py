"""The faults: each small change of a source file that a test ought to notice, as a new text of the file.

What says nothing about behaviour is left alone: annotations, docstrings, texts for the log, declarations of
classes.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

_WIDTH = 90  # of a piece of code in the name of a mutant

Edit = tuple[str, ast.AST, str]  # what it is called, the node that goes, the text that comes


class Mutant(NamedTuple):
    """One changed file.

    `first` and `last` are the lines of the statement; `inside` says that it runs when something is called.
    """

    name: str
    path: str
    first: int
    last: int
    inside: bool
    text: bytes


def sample(mutants: Iterable[Mutant], number: int, *, seed: str) -> list[Mutant]:
    """As many of them, always the same.

    By a hash of the name, so that an edit elsewhere changes nothing of the choice.
    """

    def drawn(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant.name}".encode()).digest()

    return sorted(mutants, key=drawn)[:number]


def mutants(path: str, source: bytes) -> list[Mutant]:
    """All mutants of a file. A name says where and what, without a line number, so that it lasts."""
    made = []
    seen: Counter[str] = Counter()
    for place, (label, node, text) in _edits(ast.parse(source)):
        name = f"{path} {'.'.join(place.scope) or 'module'}: {label}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        first, last = _lines(place.statement, node)
        made.append(
            Mutant(name, path, first, last=last, inside=place.inside, text=_replaced(source, node, text))
        )
    return made


def _lines(statement: Any, node: Any) -> tuple[int, int]:
    """Those that run when the statement does; of one that holds others (if, for, def ...), its head."""
    first = min(part.lineno for part in (statement, *getattr(statement, "decorator_list", ())))
    return first, node.end_lineno if hasattr(statement, "body") else statement.end_lineno


def _replaced(source: bytes, node: Any, text: str) -> bytes:
    """The source with a node replaced.

    Ast counts lines from 1 and columns in bytes. Lines that go leave empty ones behind.
    """
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    start = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    return source[:start] + text.encode() + source[end:]


# --- where ------------------------------------------------------------------------------------------------


class _Place(NamedTuple):
    """Where a node stands.

    The names around it, whether in a function, the statement it is part of, and what holds it.
    """

    scope: tuple[str, ...]
    inside: bool
    statement: Any
    parent: Any


def _edits(module: ast.Module) -> Iterator[tuple[_Place, Edit]]:
    """All edits, in the order of the file."""
    waiting: list[tuple[_Place, ast.AST]] = [(_Place((), False, None, parent=None), module)]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, ast.stmt):
            place = place._replace(statement=node)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            place = place._replace(scope=(*place.scope, node.name))
        for kind, edits in OPERATORS:
            if isinstance(node, kind):
                yield from ((place, edit) for edit in edits(node, place.parent))
        below = place._replace(inside=place.inside or isinstance(node, ast.FunctionDef), parent=node)
        waiting += [(below, child) for child in reversed(list(_children(node)))]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What of a node is code that decides something."""
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return  # ast gives no places inside an f-string
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring, or "..."
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_LOG."):
        return
    left_out = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
    if isinstance(node, ast.ClassDef):
        left_out |= {id(part) for part in (*node.keywords, *node.bases, *node.decorator_list)}
    if isinstance(node, ast.FunctionDef):
        left_out |= {id(part) for part in node.decorator_list}
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        left_out.add(id(node.slice))
    yield from (child for child in ast.iter_child_nodes(node) if id(child) not in left_out)


# --- what -------------------------------------------------------------------------------------------------


def _short(node: ast.AST | str) -> str:
    text = " ".join((node if isinstance(node, str) else ast.unparse(node)).split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _swap(node: ast.AST, text: str) -> Edit:
    return f"{_short(node)} -> {_short(text)}", node, f"({text})"


def _drop(node: ast.AST, part: ast.AST | str, text: str) -> Edit:
    return f"{_short(node)} without {_short(part)}", node, text


COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def _compare(node: ast.Compare, _: Any) -> Iterator[Edit]:
    for index, operator in enumerate(node.ops):
        swapped = [*node.ops[:index], COMPARISONS[type(operator)](), *node.ops[index + 1 :]]
        yield _swap(node, ast.unparse(ast.Compare(node.left, swapped, node.comparators)))


def _condition(node: ast.If | ast.IfExp | ast.While, _: Any) -> Iterator[Edit]:
    """Negated, unless that is what another operator does."""
    negation = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
    if not negation and not isinstance(node.test, ast.Compare):
        yield _swap(node.test, f"not ({ast.unparse(node.test)})")


def _filters(node: ast.comprehension, _: Any) -> Iterator[Edit]:
    yield from (_swap(test, "True") for test in node.ifs)


def _boolean(node: ast.BoolOp, _: Any) -> Iterator[Edit]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _swap(node, ast.unparse(ast.BoolOp(other, node.values)))
    for index, value in enumerate(node.values):
        left = [*node.values[:index], *node.values[index + 1 :]]
        yield _drop(node, value, f"({ast.unparse(ast.BoolOp(node.op, left) if left[1:] else left[0])})")


def _unary(node: ast.UnaryOp, _: Any) -> Iterator[Edit]:
    if isinstance(node.op, (ast.Not, ast.USub)):
        yield _swap(node, ast.unparse(node.operand))


def _arithmetic(node: ast.BinOp, _: Any) -> Iterator[Edit]:
    texts = (ast.JoinedStr, ast.Tuple, ast.List)
    sides = (node.left, node.right)
    text = any(isinstance(side, texts) or isinstance(getattr(side, "value", None), str) for side in sides)
    if type(node.op) in ARITHMETIC and not text:
        yield _swap(node, ast.unparse(ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)))


def _constant(node: ast.Constant, parent: Any) -> Iterator[Edit]:
    value, other = node.value, ""
    if isinstance(value, bool):
        other = repr(not value)
    elif isinstance(value, (int, float)):
        other = repr(value + 1)
    elif isinstance(value, str) and not isinstance(parent, (ast.Tuple, ast.List, ast.Set)):  # left out anyway
        other = repr("" if value else "mutated")
    if other:
        yield f"{_short(parent)}: {_short(node)} -> {other}", node, f"({other})"


def _elements(node: ast.Tuple | ast.List | ast.Set, _: Any) -> Iterator[Edit]:
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    for index, element in enumerate(node.elts):
        left = [*node.elts[:index], *node.elts[index + 1 :]]
        shown = ast.Set(left) if isinstance(node, ast.Set) else type(node)(left, ast.Load())
        text = "set()" if isinstance(node, ast.Set) and not left else ast.unparse(shown)
        yield _drop(node, element, text)


def _entries(node: ast.Dict, _: Any) -> Iterator[Edit]:
    for index, key in enumerate(node.keys):
        keys = [*node.keys[:index], *node.keys[index + 1 :]]
        values = [*node.values[:index], *node.values[index + 1 :]]
        part = key if key is not None else node.values[index]
        yield _drop(node, part, ast.unparse(ast.Dict(keys, values)))


def _call(node: ast.Call, _: Any) -> Iterator[Edit]:
    for index, keyword in enumerate(node.keywords):
        if keyword.arg:
            keywords = [*node.keywords[:index], *node.keywords[index + 1 :]]
            yield _drop(node, f"{keyword.arg}=", ast.unparse(ast.Call(node.func, node.args, keywords)))


def _result(node: ast.Return, _: Any) -> Iterator[Edit]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield f"{_short(node)} -> return None", node, "return None"


def _statement(node: ast.stmt, _: Any) -> Iterator[Edit]:
    """Left out. Not the first assignment of a name: what uses it would fail at once, whatever is tested."""
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        return
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(node, ast.Expr) and not isinstance(call, ast.Call):
        return
    if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("_LOG."):
        return
    yield f"without {_short(node)}", node, "pass"


OPERATORS: tuple[tuple[Any, Callable[[Any, Any], Iterator[Edit]]], ...] = (
    (ast.Compare, _compare),
    ((ast.If, ast.IfExp, ast.While), _condition),
    (ast.comprehension, _filters),
    (ast.BoolOp, _boolean),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _arithmetic),
    (ast.Constant, _constant),
    ((ast.Tuple, ast.List, ast.Set), _elements),
    (ast.Dict, _entries),
    (ast.Call, _call),
    (ast.Return, _result),
    ((ast.Assign, ast.AugAssign, ast.Expr, ast.Raise, ast.Break, ast.Continue, ast.Delete), _statement),
)
