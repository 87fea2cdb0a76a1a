"""The mutation run itself.

Which faults it makes of a line, which it draws, and whether it tells a good test from a poor one.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutation import covered, operators, ran
from tests.mutation.operators import Mutant
from tests.mutation.trials import Cover, Trial
from tests.mutation.verdict import Verdict, all_mutants, explanations
from tests.support.packages import ROOT


def changed(source: str) -> set[str]:
    """The texts of all mutants of a source."""
    found = operators.mutants("x.py", source.encode())
    assert len({mutant.name for mutant in found}) == len(found)
    return {" ".join(ast.unparse(ast.parse(mutant.text)).split()) for mutant in found}


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("a < b", {"a <= b"}),
        ("x = a in b", {"x = a not in b"}),
        ("x = a and b", {"x = a or b", "x = a", "x = b"}),
        ("x = not a", {"x = a"}),
        ("x = 1", {"x = 2"}),
        ("x = True", {"x = False"}),
        ("x = 'a'", {"x = ''"}),
        ("x = ''", {"x = 'mutated'"}),
        ("X = {a, b}", {"X = {b}", "X = {a}"}),
        ("X = {a}", {"X = set()"}),
        ("X = frozenset(('a', 'b'))", {"X = frozenset(('a',))", "X = frozenset(('b',))"}),
        ("X = {a: b, c: d}", {"X = {c: d}", "X = {a: b}"}),
        ("x = f(a, b=c, d=e)", {"x = f(a, d=e)", "x = f(a, b=c)"}),
        ("f(a)", {"pass"}),
        ("a.b = c", {"pass"}),
        ("x += y", {"pass"}),
        ("x = a + b", {"x = a - b"}),
        ("x = 'ß' if a else b", {"x = '' if a else b", "x = 'ß' if not a else b"}),
        ("x = [a for a in b if a]", {"x = [a for a in b if True]"}),
        ("def f(a):\n    return a", {"def f(a): return None"}),
        ("def f(a: int = 1): ...", {"def f(a: int=2): ..."}),
        ("x: dict[str, int] = y", set()),
        ('"""A docstring."""\n_LOG.info("a text %s", a)\nimport b', set()),
        ("class A(Struct, frozen=True):\n    a: int = 0", {"class A(Struct, frozen=True): a: int = 1"}),
    ],
)
def test_the_faults_of_a_line(source: str, mutants: set[str]) -> None:
    assert changed(source) == mutants


def test_a_mutant_knows_its_lines() -> None:
    source = b"X = (\n    1,\n)\n\n\ndef f(a):\n    if a > 1:\n        return g(\n            a\n        )\n"
    lines = {
        mutant.name: (mutant.first, mutant.last, mutant.inside) for mutant in operators.mutants("x", source)
    }
    assert lines == {
        "x module: (1,) without 1": (1, 3, False),
        "x module: (1,): 1 -> 2": (1, 3, False),
        "x f: a > 1 -> a >= 1": (7, 7, True),
        "x f: a > 1: 1 -> 2": (7, 7, True),
        "x f: return g(a) -> return None": (8, 10, True),
    }


def test_every_mutant_of_the_rooms_is_another_program() -> None:
    found = all_mutants()
    assert len({mutant.name for mutant in found}) == len(found) > 2_000
    sample = operators.sample(found, 100, seed="x")
    for mutant in sample:
        compile(mutant.text, mutant.path, "exec")
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse((ROOT / mutant.path).read_bytes()))


def test_a_sample_is_always_the_same_and_hardly_changed_by_an_edit() -> None:
    found = all_mutants()
    first = {mutant.name for mutant in operators.sample(found, 300, seed="x")}
    assert {mutant.name for mutant in operators.sample(reversed(found), 300, seed="x")} == first
    assert {mutant.name for mutant in operators.sample(found, 300, seed="y")} != first
    edited = {mutant.name for mutant in operators.sample(found[20:], 300, seed="x")}
    assert len(first - edited) <= 20


def test_the_quickest_tests_that_run_the_line_come_first() -> None:
    tests = {
        "slow": {"seconds": 3, "lines": {"x": [1, 5]}},
        "quick": {"seconds": 1, "lines": {"x": [5]}},
        "elsewhere": {"seconds": 0, "lines": {"x": [9], "y": [5]}},
        "of no use": {"seconds": 0, "lines": {}},
        "endless": {"seconds": 1_000, "lines": {"x": [5]}},
    }
    mutant = Mutant("m", "x", 4, last=6, inside=True, text=b"")
    assert Cover(tests, []).chosen(mutant) == ["quick", "slow"]
    assert Cover(tests, []).chosen(mutant._replace(inside=False)) == ["elsewhere", "quick", "slow"]
    assert Cover(tests, []).chosen(mutant._replace(first=7, last=8)) == []


def test_faults_of_a_run() -> None:
    mutants = [
        Mutant(f"m{number}", "catalog/changes/x.py", 1, last=1, inside=True, text=b"") for number in range(10)
    ]
    found = [Trial(mutant, mutant.name not in ("m1", "m2"), "t", tests=1, seconds=0) for mutant in mutants]
    explained = {"m1": "the same", "m2": "the same"}
    assert Verdict(found[:1], {}, 1).faults == []
    assert Verdict(found, {"m1": "the same"}, 1).faults[0] == "not noticed and not explained: m2"
    assert Verdict(found, explained, 1).faults == [
        "only 80.0% of the mutants were noticed; at least 85% have to be"
    ]
    assert Verdict(found, explained, 1, whole=False).faults == []
    assert Verdict(found[:1], {"m9": "gone"}, 1).faults == ["explained, but noticed or gone: m9"]
    assert Verdict(found[:1], {}, 31 * 60).faults == ["the run took 31 minutes; 30 are the most"]
    assert Verdict(found[:1], {}, 30 * 60).faults == []
    assert Verdict(found[:1], {}, 31 * 60, whole=False).faults == []
    assert "> - the run took 31 minutes; 30 are the most" in Verdict(found[:1], {}, 31 * 60).page()
    page = list(Verdict(found, explained, 1).page())
    assert "| catalog/changes | 10 | 8 | 80.0 |" in page
    assert "| `m1` | the same |" in page


def test_every_explanation_says_something() -> None:
    assert all(len(why) > 30 for why in explanations().values())


def test_instrumented_code_does_the_same_and_notes_its_lines() -> None:
    source = (
        '"""A module."""\n\nfrom __future__ import annotations\n\n\n'
        'def sign(number):\n    """Its sign."""\n    if number > 0:\n'
        "        return 1\n    elif number:\n        return -1\n    return 0\n"
    )
    names: dict[str, Any] = {}
    exec(covered.instrumented("x.py", source.encode()), names)
    assert (names["__doc__"], names["sign"].__doc__) == ("A module.", "Its sign.")
    lines = {}
    for number in (5, -5, 0):
        ran.LINES.clear()
        sign = names["sign"](number)
        lines[sign] = sorted(line for _, line in ran.LINES)
    assert lines == {1: [6, 8, 9], -1: [6, 8, 10, 11], 0: [6, 8, 10, 12]}


CODE = "def large(number):\n    while number > 9:\n        number -= 1\n    return number > 2\n"
TESTS = "from code_of_a_room import large\n\ndef test_large():\n    assert large(11) and not large(1)\n"


def test_a_worker_tries_mutants_and_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    """One that the poor test does not see, one that it sees, one that loops, one that cannot be loaded."""
    code, folder = tmp_path / "code_of_a_room.py", tmp_path / "work"
    code.write_text(CODE)
    (tmp_path / "test_large.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    packages = tmp_path / "packages.json"
    packages.write_text('["json", "a_package_that_is_not_there"]')
    texts = {
        "": CODE.replace("number > 2", "number >= 2"),
        "test_large.py::test_large": CODE.replace("return number > 2", "return None"),
        "too slow": CODE.replace("number -= 1", "pass"),
        "it cannot be loaded": CODE.replace("def", "undef"),
    }
    folder.mkdir()
    tasks = [
        {"path": code.name, "text": text, "tests": ["test_large.py::test_large"], "seconds": 5}
        for text in texts.values()
    ]
    answer = subprocess.run(
        [sys.executable, "-m", "tests.mutation.worker", str(packages), str(folder)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        input="".join(json.dumps(task) + "\n" for task in tasks),
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [one["by"] for one in found] == list(texts)
    assert [one["noticed"] for one in found] == [False, True, True, True]
    assert code.read_text() == CODE
