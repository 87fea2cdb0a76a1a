"""The modules of the house and what each imports: read with ast, never run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

from tests.support.packages import ROOT, canonical

ROOMS = ("app", "sandbox", "catalog", "crawlers", "vocabularies")
# What is a part of another package's interface counts as that one.
_PART_OF = {
    "idna": "requests",
    "werkzeug": "flask",
    "jinja2": "flask",
    "markupsafe": "flask",
}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _files(room: str) -> list[Path]:
    file = ROOT / f"{room}.py"
    return [file] if file.exists() else sorted((ROOT / room).rglob("*.py"))


FILES = {_name(file): file for file in chain.from_iterable(map(_files, ROOMS))}


@cache
def tree(module: str) -> ast.Module:
    """Its syntax tree."""
    return ast.parse(FILES[module].read_bytes())


@cache
def imports(module: str, *, at_start: bool = False) -> frozenset[str]:
    """The full names a module imports.

    `at_start` leaves out what only a function imports or a type checker sees.
    """
    names: set[str] = set()
    for node in _at_start(tree(module)) if at_start else ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: relative import"
            names |= {_deepest(f"{node.module}.{alias.name}") for alias in node.names}
    return frozenset(names)


def _at_start(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and not typing_only:
            yield child
            yield from _at_start(child)


def _deepest(name: str) -> str:
    """`from catalog import clock` names the module catalog.clock, `from catalog.clock import now` too."""
    return name if name in FILES or name.split(".")[0] not in ROOMS else name.rpartition(".")[0]


def ours(module: str, *, at_start: bool = False) -> set[str]:
    """The modules of the house it imports."""
    return {name for name in imports(module, at_start=at_start) if name.split(".")[0] in ROOMS}


def uses(module: str, package: str) -> bool:
    """Whether it imports the package or a part of it."""
    return any(name == package or name.startswith(package + ".") for name in imports(module))


def within(module: str, rooms: Iterable[str]) -> bool:
    """Whether it is one of the rooms or lies in one."""
    return any(module == room or module.startswith(room + ".") for room in rooms)


_owners = cache(packages_distributions)


def foreign(module: str, *, at_start: bool = False) -> set[str]:
    """The packages of others it imports, by canonical name."""
    names = (
        {name.split(".")[0] for name in imports(module, at_start=at_start)}
        - sys.stdlib_module_names
        - set(ROOMS)
    )
    owners = {canonical((_owners().get(name) or [name])[0]) for name in names}
    return {_PART_OF.get(owner, owner) for owner in owners}
