"""A fingerprint of code: a hash of what a module does, with all that it imports from its own package.

It stays the same when a module is moved or renamed and when code is formatted or commented anew. It changes
with a statement, a constant, a row of a table or a word of a TOML file beside a module. What is hashed of a
module is its syntax tree without docstrings; the modules of its package that it imports stand in there by
their fingerprint, not by their name.
"""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

# Fields of syntax trees that follow from others (ctx) or from the spelling.
_LEFT_OUT = frozenset(("ctx", "kind", "type_comment"))
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Fingerprints:
    """The fingerprints of the modules of one package, whose folder lies in `root`."""

    def __init__(self, root: Path, package: str) -> None:
        self._root, self._package = root, package
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
        modules: dict[str, str] = {}  # local name -> fingerprint
        imports: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    imports.add(self._import(node, alias, modules))
        code: list[str] = []
        _write(tree, code, modules=modules)
        return [*sorted(imports), *code]

    def _import(self, node: ast.Import | ast.ImportFrom, alias: ast.alias, modules: dict[str, str]) -> str:
        """What one name of an import brings; a module of the package is added to `modules`."""
        origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        name = f"{origin}.{alias.name}" if origin else alias.name
        if name.partition(".")[0] != self._package:
            return f"import {name} as {alias.asname}"
        if self._file(name).exists():
            modules[alias.asname or alias.name] = self.of(name)
            return f"import {self.of(name)}"
        return f"import {alias.name} as {alias.asname} from {self.of(origin)}"


def _write(value: object, code: list[str], *, modules: dict[str, str]) -> None:
    """Add a syntax tree, or a part of one, without imports, docstrings and what is left out."""
    if isinstance(value, ast.Name) and value.id in modules:
        code.append(modules[value.id])
    elif isinstance(value, ast.AST):
        code.append(type(value).__name__)
        for field, inner in ast.iter_fields(value):
            if inner in (None, []) or field in _LEFT_OUT:  # optional fields differ between versions of Python
                continue
            code.append(field)
            _write(_without_docstring(value) if field == "body" else inner, code, modules=modules)
        code.append(".")
    elif isinstance(value, list):
        for inner in value:
            if not isinstance(inner, ast.Import | ast.ImportFrom):
                _write(inner, code, modules=modules)
    else:
        code.append(repr(value))


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
