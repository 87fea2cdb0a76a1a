"""The version of the readings.

Moving, formatting and commenting keeps it, whatever decides a reading changes it.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.modules import FILES, ours, tree
from tests.support.packages import ROOT
from vocabularies import reading
from vocabularies.formats.format import Format


def _modules() -> frozenset[str]:
    fingerprints = reading.fingerprints(ROOT)
    fingerprints.of("vocabularies.reading")
    return fingerprints.modules()


MODULES = sorted(_modules() - {"vocabularies.reading"})
PACKAGES = [
    name for name, file in FILES.items() if name.startswith("vocabularies") and file.name == "__init__.py"
]
Edit = Callable[[str], str]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the room that can be edited."""
    shutil.copytree(
        ROOT / "vocabularies", tmp_path / "vocabularies", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def version(root: Path) -> str:
    return reading.fingerprints(root).of("vocabularies.reading")[:16]


def edit(root: Path, name: str, change: Edit) -> None:
    """Change a file of the room; a change that changes nothing is a mistake of the test."""
    file = root / "vocabularies" / name
    old = file.read_text("utf-8")
    new = change(old)
    assert new != old
    file.write_text(new, "utf-8")


def test_a_copy_has_the_version_of_the_original(copy: Path) -> None:
    assert version(copy) == reading.version()


def test_every_process_finds_the_same_version() -> None:
    """Order of sets differs between processes."""
    command = [sys.executable, "-c", "from vocabularies import reading; print(reading.version())"]
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == reading.version()


def test_a_version_belongs_to_what_decides_a_reading() -> None:
    rooms = {module.split(".")[1] for module in MODULES}
    assert {"formats", "crosswalk", "values", "syntax", "rules", "schemes", "concepts", "terms"} <= rooms
    assert not rooms & {"rdf", "mapping", "writing"}
    assert "vocabularies.formats.format" not in MODULES, "a new column decides nothing yet"
    assert "vocabularies.syntax.markdown" not in MODULES
    needed = {name for name in ours("vocabularies.crosswalk.reader") if name in FILES}
    assert "vocabularies.crosswalk.audit" in needed
    assert needed <= {*MODULES, "vocabularies.crosswalk"}


@pytest.mark.parametrize("module", PACKAGES)
def test_a_package_holds_no_code(module: str) -> None:
    """So nothing is missed by following the imports of modules."""
    assert [type(node) for node in tree(module).body] == [ast.Expr]


# What changes nothing


def test_formatting_and_comments_are_no_change(copy: Path) -> None:
    for file in (copy / "vocabularies").rglob("*.py"):
        written_anew = ast.unparse(ast.parse(file.read_text("utf-8")))  # without comments and line breaks
        file.write_text(f"# Written anew.\n{written_anew}\n", "utf-8")
    for file in (copy / "vocabularies").rglob("*.toml"):
        file.write_text("# Written anew.\n" + file.read_text("utf-8").replace(" = ", "   =  "), "utf-8")
    assert version(copy) == reading.version()


def test_docstrings_are_no_change(copy: Path) -> None:
    for file in (copy / "vocabularies").rglob("*.py"):
        code = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(code):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                node.body[0] = ast.Expr(ast.Constant("Said otherwise."))
        file.write_text(ast.unparse(ast.fix_missing_locations(code)), "utf-8")
    assert version(copy) == reading.version()


@pytest.mark.parametrize("module", MODULES)
def test_a_new_name_for_a_module_is_no_change(copy: Path, module: str) -> None:
    old = copy.joinpath(*module.split(".")).with_suffix(".py")
    old.rename(old.with_name(f"a_new_name_for_{old.name}"))
    for file in (copy / "vocabularies").rglob("*.py"):
        file.write_text(ast.unparse(_Renaming(module).visit(ast.parse(file.read_text("utf-8")))), "utf-8")
    assert version(copy) == reading.version()


def test_a_folder_moved_is_no_change(copy: Path) -> None:
    (copy / "vocabularies" / "syntax").rename(copy / "vocabularies" / "parsers")
    for file in (copy / "vocabularies").rglob("*.py"):
        text = file.read_text("utf-8")
        text = text.replace("from vocabularies.syntax", "from vocabularies.parsers")
        file.write_text(text, "utf-8")
    assert version(copy) == reading.version()


@pytest.mark.parametrize("name", ["rdf/table.py", "rdf/dcat_ap.py", "syntax/markdown.py", "writing.py"])
def test_what_only_writes_is_no_change(copy: Path, name: str) -> None:
    edit(copy, name, lambda text: text + "\nADDED = 1\n")
    assert version(copy) == reading.version()


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"rank=1,", "rank=2,"),
        (r'label="our own list"', 'label="our list"'),
        (r"write=writing.codemeta,", "write=writing.publiccode,"),
        (r'original_key="url",', ""),
        (r'suffixes=\(".cff",\)', 'suffixes=(".cite",)'),
        (r"rows=citation.CROSSWALK.rows,", ""),
    ],
)
def test_what_else_a_row_of_a_format_says_is_no_change(copy: Path, pattern: str, instead: str) -> None:
    edit(copy, "formats/registry.py", lambda text: re.sub(pattern, instead, text, count=1))
    assert version(copy) == reading.version()


def test_a_new_column_of_formats_is_no_change(copy: Path) -> None:
    edit(
        copy,
        "formats/format.py",
        lambda text: text.replace("    label: str", '    colour: str = ""\n    label: str'),
    )
    assert version(copy) == reading.version()


def test_the_columns_that_decide_are_columns() -> None:
    assert set(Format._fields) >= reading._DECIDING


# What is a change


@pytest.mark.parametrize(
    ("name", "pattern", "instead"),
    [
        ("crosswalk/rows.py", r"MOST_JOINED = 50", "MOST_JOINED = 51"),  # a constant
        ("formats/publiccode.py", r'    Row\("roadmap", "roadmap", URL\),\n', ""),  # a row
        ("formats/codemeta_rows.py", r"read_only=True", "read_only=False"),
        ("formats/licence.py", r"eclipse public license v 2\.0", "eclipse public license v 2"),  # a phrase
        ("values/identifiers.py", r"orcid", "orcids"),  # a regular expression
        ("values/kinds.py", r"limit: int = 20_000", "limit: int = 20_001"),  # a default
        ("terms.py", r"Annotated\[TextLists, Ordered\]", "TextLists"),  # a type
        ("syntax/json_text.py", r"return Scalar\(", "return str("),  # a step
        ("values/kinds.py", r"import Path, Uri, Url", "import Path, Uri, Uri as Url"),  # an import
        ("formats/registry.py", r'names=\("CITATION.cff",\)', 'names=("CITE.cff",)'),
        ("formats/registry.py", r"parse=citation.parse", "parse=codemeta.parse"),
        ("formats/registry.py", r"parse=gitlab.parse", "parse=gitea.parse"),
        ("formats/registry.py", r"most=12", "most=13"),
        ("rules/severities.py", r'"0\.3"', '"0.4"'),  # a version
        ("rules/severities.py", r"Severity\.INFO", "Severity.WARNING"),  # a severity
        ("problems.py", r"_error\(", "_warning("),
        ("schemes/platform.toml", r"Linux", "Linuks"),  # a word
        ("schemes/licence.toml", r'= "CC0-1.0"', '= "MIT"'),
    ],
)
def test_what_decides_a_reading_is_a_change(copy: Path, name: str, pattern: str, instead: str) -> None:
    edit(copy, name, lambda text: re.sub(pattern, instead, text, count=1))
    assert version(copy) != reading.version()


@pytest.mark.parametrize("module", MODULES)
def test_a_statement_in_any_of_its_modules_is_a_change(copy: Path, module: str) -> None:
    edit(copy, "/".join(module.split(".")[1:]) + ".py", lambda text: text + "\nADDED = 1\n")
    assert version(copy) != reading.version()


class _Renaming(ast.NodeTransformer):
    """A module gets a new name where it is imported, and where the imported module is used."""

    def __init__(self, module: str) -> None:
        self._folder, _, self._name = module.rpartition(".")
        self._used = False

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.module == f"{self._folder}.{self._name}":
            node.module = f"{self._folder}.{self._renamed(self._name)}"
        for alias in node.names:
            if node.module == self._folder and alias.name == self._name:
                alias.name = self._renamed(alias.name)
                self._used = self._used or alias.asname is None
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if self._used and node.id == self._name:
            node.id = self._renamed(node.id)
        return node

    @staticmethod
    def _renamed(name: str) -> str:
        return f"a_new_name_for_{name}"
