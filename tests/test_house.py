"""The plan of the house (docs/architecture.md).

Who may know whom, who may reach out, how large a room may be, how a line looks.

Each test is one rule and goes through all files; its message names every place that breaks the rule.
"""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path

import pytest

from catalog.base import states
from tests.support import lines, literals, templates
from tests.support.modules import FILES, ROOMS, foreign, imports, ours, tree, uses, within
from tests.support.packages import ROOT, declared
from vocabularies.problems import Severity

# Room -> the rooms it may import from.
ARROWS = {
    "app": {"catalog", "sandbox"},
    "sandbox": set(),
    "catalog": {"catalog", "crawlers", "vocabularies", "sandbox"},
    "crawlers": {"crawlers", "vocabularies.namespaces"},
    "vocabularies": {"vocabularies"},
}
# The floors of the catalogue, from the ground up: a module imports from its own floor (without a circle) and
# from those below.
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
    "sqlalchemy.dialects": ("catalog.base.dialects",),
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
# Parsers of formats that can be bombs, and the modules that may use them; these work in the sandbox or on our
# own files.
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
# Private parts of libraries that are used, since there is no public one; pyproject.toml bounds each library.
PRIVATE = {
    ("catalog.cli.click_translations", "module._"): "the function with which click looks its words up",
    ("catalog.views.limits", "self._check_request_limit"): "Flask-Limiter's check before every request",
    ("crawlers.net.transport", "super()._new_conn"): "urllib3's socket, before TLS begins",
}
_NAMEDTUPLE = {"_asdict", "_fields", "_make", "_replace"}  # public, though they begin with a line
MOST_PLACES = 3  # of arguments, `self` not counted
SIGNATURES = {"crawlers/forges/github.py": {"request"}}  # of methods that a library calls by place
MAX_LINE = 110  # of a template, a style sheet or a script; ruff holds Python to it
LONG: dict[str, str] = {
    "catalog.base.tables": "one table of the database after the other",
}


# Tests that belong to no module of the code, and what they hold.
OF_THE_WHOLE = {
    "tests/catalog/test_added_by_the_docs.py": "what the documents invent, followed through every room",
    "tests/catalog/test_kill.py": "the catalogue, killed at any moment",
    "tests/catalog/operations/test_upgrades.py": "what every release wrote, opened by today's code",
}
_TREES_OF_ROOMS = {Path("catalog")}  # has rooms, and no module of its own
# Files that are held to the rules of lines; what an old release ran stays as it was.
_TESTS = [file for file in sorted((ROOT / "tests").rglob("*.py")) if "upgrades" not in file.parts]
HELD = [*FILES.values(), *_TESTS, *sorted((ROOT / "benchmarks").rglob("*.py"))]


def offences(found: Iterable[object]) -> str:
    """A message with a line for each."""
    return "\n".join(["", *map(str, found)])


# --- who may know whom ----------------------------------------------------------------------------------


def test_imports_follow_the_arrows() -> None:
    wrong = []
    for module in FILES:
        allowed = ARROWS[module.split(".")[0]]
        wrong += [f"{module} imports {name}" for name in ours(module) if not within(name, allowed)]
    assert not wrong, offences(wrong)


def test_the_catalogue_imports_downwards() -> None:
    floors: dict[str, int] = {}
    for number, names in enumerate(FLOORS):
        floors.update(dict.fromkeys(names, number))
    rooms = {module: module.split(".")[1] for module in FILES if module.startswith("catalog.")}
    assert not set(rooms.values()) - floors.keys(), "a room is on no floor"
    wrong = []
    for module, room in rooms.items():
        above = [name for name in ours(module) & rooms.keys() if floors[rooms[name]] > floors[room]]
        wrong += [f"{module} imports {name}" for name in above]
    assert not wrong, offences(wrong)


def test_no_circles() -> None:
    """A package may open one of its own modules when it is asked to.

    No other import inside a function hides a circle.
    """
    left = {module: {name for name in ours(module) if not name.startswith(module + ".")} for module in FILES}
    left = {module: (names | ours(module, at_start=True)) - {module} for module, names in left.items()}
    while free := [module for module, names in left.items() if not names & left.keys()]:
        for module in free:
            del left[module]
    assert not left, "these modules import each other in a circle" + offences(left)


def test_web_and_sql_stay_upstairs() -> None:
    wrong = []
    for package, rooms in ONLY_IN.items():
        wrong += [
            f"{name} uses {package}" for name in FILES if uses(name, package) and not within(name, rooms)
        ]
    assert not wrong, offences(wrong)


def test_who_may_reach_out() -> None:
    found = {module for module in FILES if any(uses(module, package) for package in REACHING)}
    found |= {module for module in FILES if "sqlalchemy.create_engine" in imports(module)}
    assert found == REACH_OUT.keys()


def test_who_may_parse() -> None:
    wrong = []
    for package, allowed in PARSERS.items():
        wrong += [f"{name} uses {package}" for name in FILES if uses(name, package) and name not in allowed]
    assert not wrong, offences(wrong)


def test_only_the_command_line_prints() -> None:
    wrong = []
    for module in FILES:
        calls = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
        printed = [call.lineno for call in calls if getattr(call.func, "id", "") == "print"]
        if not within(module, ("catalog.cli",)):
            wrong += [f"{module}:{line} prints" for line in printed]
    assert not wrong, offences(wrong)


def test_private_parts_of_libraries_are_listed() -> None:
    """`x._name` where x is not `self`, or where no class of the house says what `self._name` is."""
    own = set().union(*(_said_by_a_class(module) for module in FILES))
    found = set()
    for module in FILES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Attribute) and re.match("_(?!_)", node.attr):
                mine = ast.unparse(node.value) in ("self", "cls") and node.attr in own
                if not mine and node.attr not in _NAMEDTUPLE:
                    found.add((module, ast.unparse(node)))
    wrong = sorted(f"{module}: {name}" for module, name in found ^ PRIVATE.keys())
    assert not wrong, offences(wrong)


def _said_by_a_class(module: str) -> set[str]:
    """The names of methods, fields and attributes that are given a value."""
    names = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


# --- what is installed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["app", "catalog.checking.check"])
def test_check_needs_no_server(start: str) -> None:
    """`pip install` without the extra gives a working `allmende check`.

    What it loads at its start is in `dependencies`.
    """
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            parents = {module.rpartition(".")[0]} & FILES.keys()
            waiting += sorted((ours(module, at_start=True) & FILES.keys()) | parents)
    wrong = []
    for module in sorted(seen):
        extra = foreign(module, at_start=True) - declared("core")
        wrong += [f"{module} imports {name}" for name in extra]
    assert not wrong, offences(wrong)


def test_what_is_imported_is_declared() -> None:
    known = declared("core", "server", "postgresql")
    wrong = [f"{module} imports {foreign(module) - known}" for module in FILES if foreign(module) - known]
    assert not wrong, offences(wrong)


def test_the_wheel_holds_every_room() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {name.removesuffix(".py") for name in wheel["only-include"]} == {*ROOMS, *wheel["sources"]}


# --- files and functions --------------------------------------------------------------------------------


def test_a_file_says_what_it_is() -> None:
    wrong = []
    for file in HELD:
        text = file.read_text()
        first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        if text.strip() and not first.endswith((".", ":", "?")):
            wrong.append(f"{file.relative_to(ROOT)}:1 begins with {first!r}")
    assert not wrong, offences(wrong)


def test_a_file_fits_on_a_screen_or_two() -> None:
    found = {}
    for module, file in FILES.items():
        tables = [node for node in tree(module).body if isinstance(node, (ast.Assign, ast.AnnAssign))]
        within_tables = sum((node.end_lineno or 0) - node.lineno for node in tables)
        found[module] = len(file.read_text().splitlines()) - within_tables
    long = {module: count for module, count in found.items() if count > MAX_LINES}
    assert long.keys() == LONG.keys(), f"{long} are longer than {MAX_LINES} lines; LONG names {set(LONG)}"


def test_functions_are_short() -> None:
    lengths = {}
    for module in FILES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{module}:{node.lineno} {node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 20
    long = [f"{name} has {length} lines" for name, length in lengths.items() if length > 60]
    assert not long, offences(long)


def test_names_say_what_a_thing_is() -> None:
    wrong = []
    for module in FILES:
        named = [(1, module)]
        for node in ast.walk(tree(module)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                named.append((node.lineno, node.name))
        for line, name in named:
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)}
            if words & {"util", "utils", "helper", "helpers", "manager", "misc"}:
                wrong.append(f"{module}:{line} {name}")
    assert not wrong, offences(wrong)


# --- lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", lines.RULES, ids=lambda rule: rule.__name__)
def test_a_line_says_one_thing(rule: lines.Rule) -> None:
    wrong = []
    for file in HELD:
        wrong += [f"{file.relative_to(ROOT)}:{number}" for number in rule(file)]
    assert not wrong, f"{rule.__doc__}{offences(wrong)}"


def test_states_and_severities_are_asked_for_by_name() -> None:
    """Who writes `row.state == "lsited"` is told by nobody; a member that is not there is noticed."""
    enums = [made for made in vars(states).values() if isinstance(made, type) and issubclass(made, StrEnum)]
    known = set(map(str, chain.from_iterable((*enums, Severity))))
    assert known > {"listed", "gone", "paused", "unchanged", "Create", "waiting", "error"}
    wrong = []
    for module in FILES:
        # Crawlers know no states; their codes of faults are words of their own.
        values = known if within(module, ("catalog",)) else set(map(str, Severity))
        wrong += [f"{module}:{line} {value}" for line, value in literals.of_python(tree(module), values)]
    for name, file in templates.FILES.items():
        wrong += [f"{name}:{line} {value}" for line, value in literals.of_template(file.read_text(), known)]
    assert not wrong, offences(wrong)


@pytest.mark.parametrize(
    "source",
    [
        'row.state == "gone"',
        '"gone" != row.state',
        'row.state in ("gone", other)',
        'row.state not in ["gone"]',
        '{"gone": 1}[row.state]',
    ],
)
def test_a_state_that_is_spelt_out_is_found(source: str) -> None:
    assert list(literals.of_python(ast.parse(source), {"gone"})) == [(1, "gone")]
    for template in ("{% if " + source + " %}{% endif %}", "{{ 1 if " + source + " }}"):
        assert list(literals.of_template(template, {"gone"})) == [(1, "gone")]


def test_addresses_are_built_in_one_place() -> None:
    """Identifiers, pages of entries and publishers, and the feed: vocabularies/iris.py builds them all.

    Routes say them once more; tests/catalog/views/test_documents.py holds these to it.
    """
    wrong = []
    for module in FILES.keys() - {"vocabularies.iris"}:
        wrong += [f"{module}:{line}" for line in literals.addresses_of_python(tree(module))]
    for name, file in templates.FILES.items():
        wrong += [f"{name}:{line}" for line in literals.addresses_of_template(file.read_text())]
    assert not wrong, offences(sorted(wrong))
    assert list(literals.addresses_of_python(tree("vocabularies.iris")))


@pytest.mark.parametrize("rule", lines.RULES_OF_THE_CODE, ids=lambda rule: rule.__name__)
def test_a_line_of_the_code_says_one_thing(rule: lines.Rule) -> None:
    wrong = []
    for file in FILES.values():
        wrong += [f"{file.relative_to(ROOT)}:{number}" for number in rule(file)]
    assert not wrong, f"{rule.__doc__}{offences(wrong)}"


def test_no_attribute_has_a_computed_name() -> None:
    """A test that replaces something (`monkeypatch.setattr`) writes down the name of what it replaces."""
    wrong = []
    for file in HELD:
        for node in lines.nodes(file):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                written = isinstance(node.func, ast.Attribute) and _is_written_down(node)
                if name in ("setattr", "delattr") and not written:
                    wrong.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert not wrong, offences(wrong)


def _is_written_down(call: ast.Call) -> bool:
    return any(isinstance(argument, ast.Constant) for argument in call.args[:2])


def test_functions_take_keywords_beyond_their_subjects() -> None:
    """`def f(session, row, merged, *, origins, state)`: at most three are told apart by their place alone.

    pytest gives tests and fixtures what they need by name.
    """
    wrong = []
    for file in HELD:
        path = str(file.relative_to(ROOT))
        functions = [
            node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.FunctionDef)
        ]
        for node in functions:
            decorators = " ".join(map(ast.unparse, node.decorator_list))
            places = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
            counted = [name for name in places if name not in ("self", "cls")]
            by_name = node.name.startswith("test_") or "pytest.fixture" in decorators
            allowed = by_name or node.name in SIGNATURES.get(path, ())
            if len(counted) > MOST_PLACES and not allowed:
                wrong.append(f"{path}:{node.lineno} {node.name}")
    assert not wrong, offences(wrong)


def test_the_session_comes_first() -> None:
    """Whoever takes a session, a database or all services takes them before everything else."""
    wrong = []
    for module, node in _functions():
        every = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        names = [name for name in every if name not in ("self", "cls")]
        if module.startswith("catalog.") and set(names) & set(SESSIONS) and names[0] not in SESSIONS:
            wrong.append(f"{module}:{node.lineno} {node.name}")
    assert not wrong, offences(wrong)


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for module in FILES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef):
                yield module, node


# --- tests ----------------------------------------------------------------------------------------------


def test_tests_mirror_the_code() -> None:
    """tests/ROOM/test_X.py tests a module of ROOM whose name X begins with, or with the room's own name.

    The room as a whole.
    """
    wrong = []
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        path = file.relative_to(ROOT / "tests")
        room = path.parts[0]
        if room in ROOMS and f"tests/{path}" not in OF_THE_WHOLE and not _is_mirrored(path):
            wrong.append(f"tests/{path}: no module of {path.parent} has a name with which its name begins")
        elif len(path.parts) > 1 and room not in (*ROOMS, "acceptance"):
            wrong.append(f"tests/{path}: there is no room {room}")
    assert not wrong, offences(wrong)
    assert not [name for name in OF_THE_WHOLE if not (ROOT / name).exists()]


def _is_mirrored(path: Path) -> bool:
    folder = ROOT / path.parent
    modules = {module.stem for module in folder.glob("*.py")} | {folder.name}
    words = path.stem.removeprefix("test_").split("_")
    return any("_".join(words[:count]) in modules for count in range(1, len(words) + 1))


def test_every_room_has_a_folder_of_tests_and_every_folder_a_room() -> None:
    """A room is a folder with a module; one that has only an `__init__.py` is a name."""
    rooms = {file.relative_to(ROOT).parent for file in FILES.values() if file.name != "__init__.py"}
    rooms -= {Path()}  # app.py and sandbox.py stand in no folder
    trees = {room.parts[0] for room in rooms}
    tested = {file.relative_to(ROOT / "tests").parent for file in (ROOT / "tests").rglob("test_*.py")}
    tested = {folder for folder in tested if folder.parts[:1] and folder.parts[0] in trees}
    wrong = [f"{room} has no tests in tests/{room}" for room in sorted(rooms - tested)]
    wrong += [f"tests/{folder} names no room" for folder in sorted(tested - rooms - _TREES_OF_ROOMS)]
    assert not wrong, offences(wrong)


def test_every_folder_of_tests_is_a_package() -> None:
    """Else two files of one name in two folders are one module to pytest."""
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    wrong = [folder for folder in folders if not (folder / "__init__.py").exists()]
    assert not wrong, offences(wrong)


# --- templates and what lies beside them ----------------------------------------------------------------


def test_a_template_says_what_it_shows_and_needs() -> None:
    wrong = []
    for name in templates.FILES:
        comment = templates.comment(name)
        if not comment.partition("\n")[0].endswith((".", ":")):
            wrong.append(f"{name}:1 begins with {comment!r}")
        unnamed = templates.needs(name) - templates.OF_EVERY_PAGE - set(re.findall(r"\w+", comment))
        wrong += [f"{name}:1 does not name {variable}, which it needs" for variable in unnamed]
    assert not wrong, offences(wrong)


def test_a_macro_knows_only_what_it_is_given() -> None:
    """Macros are imported without the page's context: made once, and the same on every page."""
    wrong = [f"{name} needs {templates.needs(name)}" for name in templates.MACROS if templates.needs(name)]
    used: set[tuple[str, str]] = set()
    for name in templates.FILES:
        used.update(templates.imported(name))
    for name in templates.MACROS:
        text = templates.FILES[name].read_text()
        idle = [macro for macro in templates.macros(name) if len(re.findall(rf"\b{macro}\(", text)) < 2]
        wrong += [f"{name}: nobody uses {macro}" for macro in idle if (name, macro) not in used]
    assert not wrong, offences(wrong)


def test_a_line_of_a_template_is_short_and_opens_one_statement() -> None:
    wrong = []
    for name, file in templates.FILES.items():
        text = file.read_text().splitlines()
        if len(text) > MAX_TEMPLATE_LINES:
            wrong.append(f"{name} has {len(text)} lines")
        for number, line in enumerate(text, start=1):
            if len(line) > MAX_LINE or len(templates.openings(line)) > 1:
                wrong.append(f"{name}:{number}")
    assert not wrong, offences(wrong)


def test_a_line_of_a_static_file_is_short() -> None:
    wrong = []
    for file in sorted((ROOT / "static").glob("*.[cj]s*")):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if len(line) > MAX_LINE:
                wrong.append(f"static/{file.name}:{number}")
    assert not wrong, offences(wrong)


def test_every_class_of_the_style_sheet_is_used() -> None:
    pages = "".join(file.read_text() for file in templates.FILES.values())
    quoted = re.findall(r'"([^"\n]*)"', pages)
    words = set(re.findall(r"[a-z]+(?:--[a-z]+)?", " ".join(quoted)))
    # note--{{ kind }}: which kinds there are stands elsewhere.
    for kind in ("success", "warning", "danger"):
        words |= {f"note--{kind}", f"tag--{kind}"}
    sheet = re.sub(r"/\*.*?\*/|{[^{}]*}", "", (ROOT / "static/allmende.css").read_text(), flags=re.DOTALL)
    assert set(re.findall(r"\.([a-z]+(?:--[a-z]+)?)", sheet)) <= words
