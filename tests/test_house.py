"""The plan of the house (docs/architecture.md): who may know whom, who may reach out, how large a room may be."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from pathlib import Path

import pytest

from tests.support import templates
from tests.support.modules import FILES, ROOMS, foreign, imports, ours, tree, uses, within
from tests.support.packages import ROOT, declared

# Room -> the rooms it may import from.
ARROWS = {
    "app": {"catalog", "sandbox"},
    "sandbox": set(),
    "catalog": {"catalog", "crawlers", "vocabularies", "sandbox"},
    "crawlers": {"crawlers", "vocabularies.namespaces"},
    "vocabularies": {"vocabularies"},
}
# The floors of the catalogue, from the ground up: a module imports from its own floor (without a circle) and from those below.
# Some rooms of the plan are not built yet.
FLOORS = (
    {"base"},
    {"people", "changes"},
    {"entries"},
    {"checking", "search", "outlets"},
    {"harvesting"},
    {"operations"},
    {"views", "cli"},
)
# The web and SQL stay upstairs.
ONLY_IN = {
    "flask": ("app", "catalog.views"),
    "flask_wtf": ("app", "catalog.views"),
    "flask_limiter": ("app", "catalog.views"),
    "werkzeug": ("app", "catalog.views"),
    "jinja2": ("app", "catalog.views"),
    "sqlalchemy": ("catalog",),
    "alembic": ("catalog.base.database",),
}
# Modules that may open a connection or start a program, and what for. Nothing else may import what can.
REACH_OUT = {
    "sandbox": "starts its own workers",
    "crawlers.net.guard": "looks names up and checks the addresses",
    "crawlers.net.transport": "connects to the checked address",
    "crawlers.net.session": "the one requests session",
    "crawlers.net.delivery": "sends through that session",
    "crawlers.net.http": "the one guarded way out",
    "crawlers.forges.github": "PyGithub, whose connections lead through crawlers.net.http",
    "crawlers.git.process": "the hardened git program, pinned to the checked address",
    "catalog.base.database": "the operator's database",
}
REACHING = (
    *(
        "asyncio",
        "dulwich.client",
        "ftplib",
        "github",
        "http.client",
        "httpx",
        "multiprocessing",
        "requests",
        "smtplib",
    ),
    *("socket", "socketserver", "ssl", "ssrfguard", "subprocess", "urllib.request", "urllib3", "xmlrpc"),
)
# Parsers of formats that can be bombs, and the modules that may use them; these work in the sandbox or on our own files.
PARSERS = {
    "yaml": {"vocabularies.syntax.yaml_text", "vocabularies.writing"},  # the second writes only
    "rdflib": set(),
    "pyoxigraph": {"vocabularies.rdf.turtle"},  # writes only
    "xml": {"catalog.views.sitemaps"},  # writes only
    "markdown_it": {"vocabularies.syntax.markdown"},
    "nh3": {"vocabularies.syntax.markdown"},
    "pickle": set(),
    "marshal": set(),
    "shelve": set(),
}
# Files longer than MAX_LINES (tables not counted), and why they are still one thing.
MAX_LINES = 260
MAX_TEMPLATE_LINES = 200
# What holds the database; a function that is given one takes it first.
SESSIONS = ("session", "database", "services", "connection", "opened")
MOST_PLACES = 4  # of arguments
SIGNATURES = {"crawlers.forges.github": {"request"}}  # of methods that a library calls by place
MAX_LINE = 110  # of a template, a style sheet or a script; ruff holds Python to it
LONG: dict[str, str] = {
    "catalog.base.tables": "one table of the database after the other",
}


@pytest.mark.parametrize("module", FILES)
def test_imports_follow_the_arrows(module: str) -> None:
    allowed = ARROWS[module.split(".")[0]]
    assert not [name for name in ours(module) if not within(name, allowed)], (
        f"{module} may import only from {allowed}"
    )


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("catalog.")])
def test_the_catalogue_imports_downwards(module: str) -> None:
    floors = {name: number for number, names in enumerate(FLOORS) for name in names}
    here = module.split(".")[1]
    assert here in floors, f"{module} is on no floor of tests/test_house.py"
    above = {
        name
        for name in ours(module)
        if name.startswith("catalog.") and floors.get(name.split(".")[1], 9) > floors[here]
    }
    assert not above, f"{module} imports from a floor above"


def test_no_circles() -> None:
    """A package may open one of its own modules when it is asked to; no other import inside a function hides a circle."""
    left = {module: {name for name in ours(module) if not name.startswith(module + ".")} for module in FILES}
    left = {module: (names | ours(module, at_start=True)) - {module} for module, names in left.items()}
    while free := [module for module, names in left.items() if not names & left.keys()]:
        for module in free:
            del left[module]
    assert not left, "these modules import each other in a circle"


@pytest.mark.parametrize("package", ONLY_IN)
def test_web_and_sql_stay_upstairs(package: str) -> None:
    assert not [module for module in FILES if uses(module, package) and not within(module, ONLY_IN[package])]


def test_who_may_reach_out() -> None:
    found = {module for module in FILES if any(uses(module, package) for package in REACHING)}
    found |= {module for module in FILES if "sqlalchemy.create_engine" in imports(module)}
    assert found == REACH_OUT.keys()


@pytest.mark.parametrize("package", PARSERS)
def test_who_may_parse(package: str) -> None:
    assert {module for module in FILES if uses(module, package)} <= PARSERS[package]


@pytest.mark.parametrize("start", ["app", "catalog.checking.check"])
def test_check_needs_no_server(start: str) -> None:
    """`pip install` without the extra gives a working `allmende check`: what it loads at its start is in `dependencies`."""
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            parents = {module.rpartition(".")[0]} & FILES.keys()
            waiting += sorted((ours(module, at_start=True) & FILES.keys()) | parents)
    assert not {
        (module, name)
        for module in seen
        for name in foreign(module, at_start=True)
        if name not in declared("core")
    }


@pytest.mark.parametrize("module", FILES)
def test_what_is_imported_is_declared(module: str) -> None:
    assert not foreign(module) - declared("core", "server", "postgresql")


@pytest.mark.parametrize("module", FILES)
def test_a_file_promises_something(module: str) -> None:
    if FILES[module].read_text().strip():
        docstring = ast.get_docstring(tree(module)) or ""
        first = docstring.partition("\n")[0]
        assert first.endswith((".", ":", "?")), f"{module} begins with {first!r}"


@pytest.mark.parametrize("module", FILES)
def test_a_file_fits_on_a_screen_or_two(module: str) -> None:
    tables = [node for node in tree(module).body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    lines = len(FILES[module].read_text().splitlines()) - sum(
        (node.end_lineno or 0) - node.lineno for node in tables
    )
    assert (lines > MAX_LINES) == (module in LONG), f"{module} has {lines} lines"


def test_functions_are_short() -> None:
    functions = [
        (module, node)
        for module in FILES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef)
    ]
    lengths = {
        f"{module}.{node.name}": (node.end_lineno or 0) - node.lineno + 1 for module, node in functions
    }
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 20
    assert not {name: length for name, length in lengths.items() if length > 60}


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@pytest.mark.parametrize("module", FILES)
def test_a_statement_decides_and_repeats_once(module: str) -> None:
    """No conditional expression inside another, no comprehension with two loops: a function has a name for it."""
    nodes = list(ast.walk(tree(module)))
    conditions = [node for node in nodes if isinstance(node, ast.IfExp)]
    inside = [
        node.lineno
        for node in conditions
        if any(isinstance(part, ast.IfExp) for part in ast.walk(node) if part is not node)
    ]
    loops = [node.lineno for node in nodes if isinstance(node, _COMPREHENSIONS) and len(node.generators) > 1]
    assert not inside, f"{module}: conditional expressions inside another in lines {inside}"
    assert not loops, f"{module}: comprehensions with two loops in lines {loops}"


@pytest.mark.parametrize("module", FILES)
def test_no_attribute_has_a_computed_name(module: str) -> None:
    calls = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    names = {"setattr", "delattr"}
    assert not [node.lineno for node in calls if getattr(node.func, "id", "") in names]


@pytest.mark.parametrize("module", FILES)
def test_functions_take_keywords_beyond_their_subjects(module: str) -> None:
    """`def f(session, row, merged, *, origins, state)`: at most four are told apart by their place alone."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef) and node.name not in SIGNATURES.get(module, ()):
            places = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
            assert len([name for name in places if name not in ("self", "cls")]) <= MOST_PLACES, node.name


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("catalog.")])
def test_the_session_comes_first(module: str) -> None:
    """Whoever takes a session, a database or all services takes them before everything else."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef):
            every = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            names = [name for name in every if name not in ("self", "cls")]
            given = [name for name in names if name in SESSIONS]
            assert not given or names[0] in SESSIONS, f"{module}.{node.name}"


@pytest.mark.parametrize("module", FILES)
def test_only_tables_are_left_unformatted(module: str) -> None:
    """`# fmt: skip` stands behind the last line of a table of rows at the top of a file."""
    lines = FILES[module].read_text().splitlines()
    skipped = {number for number, line in enumerate(lines, start=1) if line.endswith("# fmt: skip")}
    tables = {node.end_lineno for node in tree(module).body if isinstance(node, (ast.Assign, ast.AnnAssign))}
    assert skipped <= tables, f"{module}: lines {sorted(skipped - tables)}"
    assert not [line for line in lines if "fmt: off" in line]


@pytest.mark.parametrize("module", FILES)
def test_names_say_what_a_thing_is(module: str) -> None:
    names = [module] + [
        node.name for node in ast.walk(tree(module)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    words = {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+", name)}
    assert not words & {"util", "utils", "helper", "helpers", "manager", "misc"}


@pytest.mark.parametrize("module", [name for name in FILES if not within(name, ("catalog.cli",))])
def test_only_the_command_line_prints(module: str) -> None:
    calls = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert not [node.lineno for node in calls if getattr(node.func, "id", "") == "print"]


@pytest.mark.parametrize("name", templates.FILES)
def test_a_template_says_what_it_shows_and_needs(name: str) -> None:
    comment = templates.comment(name)
    assert comment.partition("\n")[0].endswith((".", ":")), f"{name} begins with {comment!r}"
    unnamed = templates.needs(name) - templates.OF_EVERY_PAGE - set(re.findall(r"\w+", comment))
    assert not unnamed, f"{name} needs variables its comment does not name"


@pytest.mark.parametrize("name", templates.MACROS)
def test_a_macro_knows_only_what_it_is_given(name: str) -> None:
    """Macros are imported without the page's context: made once, and the same on every page."""
    assert not templates.needs(name)
    text = templates.FILES[name].read_text()
    used = {pair for other in templates.FILES for pair in templates.imported(other)}
    assert not [
        macro
        for macro in templates.macros(name)
        if (name, macro) not in used and len(re.findall(rf"\b{macro}\(", text)) < 2
    ]


@pytest.mark.parametrize("name", templates.FILES)
def test_a_line_of_a_template_is_short_and_opens_one_statement(name: str) -> None:
    lines = templates.FILES[name].read_text().splitlines()
    assert len(lines) <= MAX_TEMPLATE_LINES
    wrong = [
        number
        for number, line in enumerate(lines, start=1)
        if len(line) > MAX_LINE or len(templates.openings(line)) > 1
    ]
    assert not wrong, f"{name}: lines {wrong}"


@pytest.mark.parametrize("file", sorted((ROOT / "static").glob("*.[cj]s*")), ids=lambda file: file.name)
def test_a_line_of_a_static_file_is_short(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert not [number for number, line in enumerate(lines, start=1) if len(line) > MAX_LINE]


def test_every_class_of_the_style_sheet_is_used() -> None:
    pages = "".join(file.read_text() for file in templates.FILES.values())
    quoted = re.findall(r'"([^"\n]*)"', pages)
    words = set(re.findall(r"[a-z]+(?:--[a-z]+)?", " ".join(quoted)))
    # note--{{ kind }}: which kinds there are stands elsewhere.
    words |= {f"{name}--{kind}" for name in ("note", "tag") for kind in ("success", "warning", "danger")}
    sheet = re.sub(r"/\*.*?\*/|{[^{}]*}", "", (ROOT / "static/allmende.css").read_text(), flags=re.DOTALL)
    assert set(re.findall(r"\.([a-z]+(?:--[a-z]+)?)", sheet)) <= words


def test_every_folder_of_tests_is_a_package() -> None:
    """Else two files of one name in two folders are one module to pytest."""
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_the_wheel_holds_every_room() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {name.removesuffix(".py") for name in wheel["only-include"]} == {*ROOMS, *wheel["sources"]}
