"""Every sentence the code can show, with its place.

`python -m tests.support.messages` prints those without German as .po text.
"""

from __future__ import annotations

import ast
import re
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from jinja2.ext import babel_extract

from catalog.base import language
from catalog.cli import click_translations, commands
from tests.support.modules import FILES
from vocabularies.formats.registry import FORMATS
from vocabularies.problems import PROBLEMS

ROOT = Path(__file__).resolve().parent.parent.parent
_CALLS = {"_": 1, "N_": 1, "gettext": 1, "ngettext": 2, "tell": 1}
# Reasons that OpenSSL words itself; crawlers/net/transport.py passes them on.
_OPENSSL = frozenset(
    (
        "certificate has expired",
        "certificate is not yet valid",
        "self-signed certificate",
        "self-signed certificate in certificate chain",
        "unable to get local issuer certificate",
    )
)
_TEMPLATES = (".html", ".xml", ".txt", ".atom")
# What reads like a sentence or a title: "Website", "May we use it?", "the licence file".
_READS_LIKE_ONE = re.compile(
    r"""
    [A-Z][a-z]+ ([ ,].*)? [.?!:]?   # a word with a capital, alone or before others
    | [a-z]+ ([ ][a-z]+|,)+ ([ ].*)?   # several small words
    """,
    re.DOTALL | re.VERBOSE,
)
# And yet stands in a table for no reader: terms of others, and metrics, which are English everywhere.
_NO_SENTENCES = frozenset("Cc Cf Co Cn Cs Italic Medium Organization Regular Turtle".split())
_METRICS = "catalog/views/health.py"


class Use(NamedTuple):
    """A message id (with its plural, or "") and the file and line that uses it."""

    message: str
    plural: str
    place: str


def used() -> list[Use]:
    """All uses: tables of sentences, calls in Python, calls in templates."""
    uses = [*_tables(), *_python(), *_templates()]
    return [
        use for use in uses if re.search(r"[^\W\d_]", re.sub(r"{\w*}", "", use.message))
    ]  # not a mere "{reason}"


def literals() -> set[str]:
    """Every text that stands in the code, whatever for, and the words others give us."""
    found = set(_OPENSSL)
    for file in FILES.values():
        constants = [
            node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Constant)
        ]
        found |= {node.value for node in constants if isinstance(node.value, str)}
    return found


def placeholders(message: str) -> set[str]:
    """The names in braces. Raises ValueError for a stray brace."""
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def untranslated(catalog: Catalog) -> list[Use]:
    """The uses that the catalogue has no sentence for, each message once."""
    gaps: dict[tuple[str, str], Use] = {}
    for use in used():
        strings = _translations(catalog, use)
        if not all(strings) or bool(use.plural) != (len(strings) > 1):
            gaps.setdefault((use.message, use.plural), use)
    return list(gaps.values())


def _translations(catalog: Catalog, use: Use) -> tuple[str, ...]:
    """What stands there for a use: one text, or the forms of a plural; an empty one if nothing does."""
    found = catalog.get((use.message, use.plural)) if use.plural else None
    found = found or catalog.get(use.message)
    if not found:
        return ("",)
    return tuple(found.string) if isinstance(found.string, (tuple, list)) else (found.string,)


def _tables() -> Iterator[Use]:
    for text in click_translations.sentences(commands):
        yield Use(text, "", "catalog/cli")
    for rule in PROBLEMS.values():
        for message in filter(None, (rule.message, rule.hint)):
            yield Use(message, "", "vocabularies/problems.py")
    for row in filter(lambda row: row.label, FORMATS.values()):
        yield Use(row.label, "", "vocabularies/formats/registry.py")


def _python() -> Iterator[Use]:
    for file in [ROOT / "app.py", *sorted((ROOT / "catalog").rglob("*.py"))]:
        yield from _nodes(file, _call)
        yield from _nodes(file, _sentences)
        if file != ROOT / _METRICS:
            yield from _nodes(file, _table)
    for file in (ROOT / "catalog" / name for name in ("base/setting_values.py", "base/database.py")):
        yield from _nodes(file, _words)
    for file in sorted([*(ROOT / "vocabularies").rglob("*.py"), *(ROOT / "crawlers").rglob("*.py")]):
        yield from _nodes(file, _sentences)
        yield from _nodes(file, _words)


def _nodes(file: Path, read: Callable[[ast.AST], Iterator[tuple[str, str]]]) -> Iterator[Use]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        for message, plural in read(node):
            yield Use(message, plural, f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")


def _call(node: ast.AST) -> Iterator[tuple[str, str]]:
    """`_("...")`, `words.gettext("...")`, `ngettext("...", "...", n)`.

    What is no literal is marked in its table by `N_`.
    """
    if not isinstance(node, ast.Call):
        return
    count = _CALLS.get(_called(node), 0)
    if count and any(isinstance(argument, ast.JoinedStr) for argument in node.args[:count]):
        raise ValueError(f"line {node.lineno}: an f-string is no message id; give the values by name")
    arguments = [argument.value for argument in node.args[:count] if isinstance(argument, ast.Constant)]
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if count and len(texts) == count:
        yield texts[0], texts[1] if count == 2 else ""


def in_tables(code: str) -> set[str]:
    """The sentences in the tables of a piece of code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        found |= {text for text, _ in _table(node)}
    return found


def _table(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What reads like a sentence in a table: a value of a dict, an item of a list, a part of a row."""
    for part in _cells(node):
        text = part.value if isinstance(part, ast.Constant) else None
        if isinstance(text, str) and text not in _NO_SENTENCES and _READS_LIKE_ONE.fullmatch(text):
            yield text, ""


def _cells(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return node.elts
    if isinstance(node, ast.Call) and _is_row(_called(node)):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []


def _is_row(name: str) -> bool:
    """Whether what is called is a class, and neither an error (`_words`) nor a type variable."""
    return bool(re.match("_?[A-Z][a-z]", name)) and not re.search("Error$|^Index|^TypeVar$", name)


def _called(node: ast.Call) -> str:
    """The name of the function or class."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _sentences(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The values of a table called SENTENCES or IGNORED."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    value = getattr(node, "value", None)
    named = {target.id for target in targets if isinstance(target, ast.Name)}
    if named & {"SENTENCES", "IGNORED"} and isinstance(value, ast.Dict):
        for text in value.values:
            yield from ((literal, "") for literal in _literals(text))


def _words(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Words of ours that fill a sentence.

    `reason="..."` and its like, what a value kind `expects`, what an error says.
    """
    if isinstance(node, ast.keyword) and node.arg in language.WORDS:
        yield from ((literal, "") for literal in _literals(node.value))
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in language.WORDS:
                yield from ((literal, "") for literal in _literals(value))
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
        texts = [] if _called(node.exc) == "AssertionError" else _literals(node.exc.args[0])
        yield from ((literal, "") for literal in texts if " " in literal)
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "expects":
        yield from ((literal, "") for literal in _literals(node.value))


def _literals(node: ast.expr) -> Iterator[str]:
    """The texts an expression can be: either branch of a condition, any part of an `or`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    parts: list[ast.expr] = []
    if isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        parts = node.values
    for part in parts:
        yield from _literals(part)


def _templates() -> Iterator[Use]:
    for file in sorted((ROOT / "templates").rglob("*")):
        if file.suffix in _TEMPLATES:
            with file.open("rb") as content:
                for line, _, message, _ in babel_extract(content, list(_CALLS), [], {}):
                    texts = (*message, "") if isinstance(message, tuple) else (message, "")
                    yield Use(str(texts[0]), str(texts[1] or ""), f"{file.relative_to(ROOT)}:{line}")


def main() -> int:
    """Print the gaps."""
    gaps = untranslated(language.load(ROOT / "translations", "de"))
    for use in gaps:
        print(f"#: {use.place}\nmsgid {_quoted(use.message)}")
        print(
            f'msgid_plural {_quoted(use.plural)}\nmsgstr[0] ""\nmsgstr[1] ""\n'
            if use.plural
            else 'msgstr ""\n'
        )
    return bool(gaps)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    sys.exit(main())
