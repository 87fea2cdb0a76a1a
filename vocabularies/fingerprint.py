"""A fingerprint of code: a hash of what a module does, with all that it imports from its own package.

It stays the same when a module is moved or renamed and when code is formatted or commented anew. It changes
with a statement, a constant, a row of a table or a word of a TOML file beside a module. What is hashed of a
module is its syntax tree without docstrings; the modules of its package that it imports stand in there by
their fingerprint, not by their name. Of the rows of some tables only some columns count; what is imported for
the other columns alone does not.
"""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# Fields of syntax trees that follow from others (ctx) or from the spelling.
_LEFT_OUT = frozenset(("ctx", "kind", "type_comment"))
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Fingerprints:
    """The fingerprints of the modules of one package, whose folder lies in `root`.

    `counting` maps the name of a type to those of its fields that count where one is made, given by name; the
    type itself does not count.
    """

    def __init__(
        self, root: Path, package: str, *, counting: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self._root = root
        self._package = package
        self._counting = counting or {}
        self._fingerprints: dict[str, str] = {}

    def of(self, module: str) -> str:
        """A module by its full name, as 64 hexadecimal digits. Raises FileNotFoundError."""
        if module not in self._fingerprints:
            file = self._file(module)
            parts = [*self._code(ast.parse(file.read_bytes())), *_tables(file.parent)]
            text = "\n".join(parts).encode("utf-8", "surrogatepass")
            self._fingerprints[module] = hashlib.sha256(text).hexdigest()
        return self._fingerprints[module]

    def modules(self) -> frozenset[str]:
        """Those whose code has been looked at."""
        return frozenset(self._fingerprints)

    def _file(self, module: str) -> Path:
        path = self._root.joinpath(*module.split("."))
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def _code(self, tree: ast.Module) -> list[str]:
        """The imports, in an order that names of modules do not change, and the rest of the code."""
        ours: dict[str, _Import] = {}  # by local name
        imports: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    imported = self._imported(node, alias)
                    if imported is None:
                        imports.add(f"import {_full_name(node, alias)} as {alias.asname}")
                    elif alias.name not in self._counting:
                        ours[alias.asname or alias.name] = imported
        writer = _Writer(frozenset(ours), self._counting)
        writer.write(tree)
        for name in writer.left_out - writer.used:
            del ours[name]
        brought = {name: self._brought(imported) for name, imported in ours.items()}
        imports.update(brought.values())
        code = [brought[part] if isinstance(part, _Name) else part for part in writer.code]
        return [*sorted(imports), *code]

    def _imported(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> _Import | None:
        """What one name of an import brings of this package; None if it is of another."""
        name = _full_name(node, alias)
        if name.partition(".")[0] != self._package:
            return None
        if self._file(name).exists():
            return _Import(name, "")
        return _Import(name.rpartition(".")[0], alias.name)

    def _brought(self, imported: _Import) -> str:
        fingerprint = self.of(imported.module)
        return f"{imported.name} from {fingerprint}" if imported.name else fingerprint


class _Import(NamedTuple):
    """A module, or something in it by its `name`."""

    module: str
    name: str


class _Name(str):
    """The name of something imported, where the code uses it."""

    __slots__ = ()


def _full_name(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    return f"{origin}.{alias.name}" if origin else alias.name


class _Writer:
    """Writes a syntax tree down, without imports, docstrings and what is left out.

    Of the imported names `used` are those that stand in what was written, `left_out` those in what does not
    count.
    """

    def __init__(self, imported: frozenset[str], counting: Mapping[str, frozenset[str]]) -> None:
        self._imported = imported
        self._counting = counting
        self.code: list[str] = []
        self.used: set[str] = set()
        self.left_out: set[str] = set()

    def write(self, value: object) -> None:
        """Add a tree, or a part of one."""
        if isinstance(value, ast.Name) and value.id in self._imported:
            self.used.add(value.id)
            self.code.append(_Name(value.id))
        elif isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            for inner in value:
                if not isinstance(inner, ast.Import | ast.ImportFrom):
                    self.write(inner)
        else:
            self.code.append(repr(value))

    def _node(self, node: ast.AST) -> None:
        self.code.append(type(node).__name__)
        for field, inner in ast.iter_fields(node):
            if inner in (None, []) or field in _LEFT_OUT:  # optional fields differ between versions of Python
                continue
            self.code.append(field)
            if field == "body":
                self.write(_without_docstring(node))
            elif field == "keywords" and isinstance(node, ast.Call):
                self.write(self._counted(node))
            else:
                self.write(inner)
        self.code.append(".")

    def _counted(self, call: ast.Call) -> list[ast.keyword]:
        """The arguments of a call that are given by name and count."""
        counting = self._counting.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if counting is None:
            return call.keywords
        counted = [one for one in call.keywords if one.arg is None or one.arg in counting]
        for argument in call.keywords:
            if argument not in counted:
                nodes = ast.walk(argument)
                self.left_out |= {node.id for node in nodes if isinstance(node, ast.Name)} & self._imported
        return counted


def _without_docstring(node: ast.AST) -> object:
    body: object = getattr(node, "body", None)
    if (
        isinstance(node, _DOCUMENTED)
        and isinstance(body, list)
        and ast.get_docstring(node, clean=False) is not None
    ):
        return body[1:]
    return body


def _tables(folder: Path) -> Iterator[str]:
    """The TOML files beside a module, without their formatting; the order of their keys counts."""
    for file in sorted(folder.glob("*.toml")):
        yield file.stem
        yield json.dumps(tomllib.loads(file.read_text("utf-8")), default=str)
