"""The templates of the house and the names each uses: parsed with Jinja, never rendered."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, meta, nodes

from tests.support.packages import ROOT

FOLDER = ROOT / "templates"
FILES = {
    file.relative_to(FOLDER).as_posix(): file
    for file in sorted(FOLDER.rglob("*"))
    if file.suffix in (".html", ".xml")
}
MACROS = [name for name in FILES if name.startswith("macros/")]
# What catalog/views gives to macros and pages alike, and what it gives to pages alone.
GLOBALS = {"_", "ngettext", "t", "language", "asset", "csrf_token", "get_flashed_messages", "url_for"}
GLOBALS |= {"EntryState", "Life", "Registered", "Severity", "SourceState", "UNSEEN", "is_link", "iris"}
OF_EVERY_PAGE = {"settings", "base_url", "request", "namespace"}


def comment(name: str) -> str:
    """The comment a template begins with, "" if it begins otherwise."""
    found = re.match(r"{#-? (.*?) -?#}\n", FILES[name].read_text(), re.DOTALL)
    return found[1] if found else ""


@cache
def needs(name: str) -> frozenset[str]:
    """The variables that a template takes from whoever renders it."""
    tree = Environment(autoescape=True).parse(FILES[name].read_text())
    names = meta.find_undeclared_variables(tree) - GLOBALS
    return frozenset(names - _own(tree))


def _own(tree: nodes.Template) -> set[str]:
    """What it sets, imports or defines itself: blocks see it, which Jinja does not count."""
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    own |= {macro.name for macro in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        own |= {name if isinstance(name, str) else name[1] for name in imported.names}
    return own


def imported(name: str) -> set[tuple[str, str]]:
    """(file, macro) that a template imports."""
    tree = Environment(autoescape=True).parse(FILES[name].read_text())
    found: set[tuple[str, str]] = set()
    for node in tree.find_all(nodes.FromImport):
        if isinstance(node.template, nodes.Const):
            names = [macro if isinstance(macro, str) else macro[0] for macro in node.names]
            found.update((node.template.value, name) for name in names)
    return found


def macros(name: str) -> set[str]:
    """The macros that a template defines."""
    tree = Environment(autoescape=True).parse(FILES[name].read_text())
    return {macro.name for macro in tree.find_all(nodes.Macro)}


def openings(line: str) -> list[str]:
    """The block statements that a line opens."""
    return re.findall(r"{%[-+]?\s*(if|for|macro|call|block|filter|with)\b", line)
