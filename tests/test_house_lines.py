"""The rules of a line (tests/support/lines.py): each finds what it forbids, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import lines

FINE = {
    lines.no_condition_inside_another: ["x = a if b else c"],
    lines.no_comprehension_with_two_loops: ["x = [a for a in b]"],
    lines.few_conditions_in_a_statement: [
        "f(a if b else c, d if e else g)",
        "if a if b else c:\n    x = d if e else g\n    y = d if e else g",
    ],
    lines.one_assignment_a_statement: [
        "a, b = 1, 'x'",
        "a, b = [], {}",
        "a, b = b, a",
        "a, b = b, a + b",
        "self.first, self.last = self.last, self.first",
        "a, b = f(x)",
    ],
    lines.keywords_beyond_three_arguments: [
        "def f(a, b, c, d): ...\nf(1, 2, 3, d=4)",
        "class Row:\n    a: int\n    b: int\n    c: int\n    d: int\nROWS = [Row(1, 2, 3, 4)]",
    ],
    lines.unformatted_lines_are_tables: [
        "X = (\n    1, 2,\n)  # fmt: skip",
        "X = {\n    1: (2, *f(3)),\n}  # fmt: skip",
        "X = Table(A, (\n    Row(1), Row(2),\n), 'x')  # fmt: skip",
    ],
}
WRONG = {
    lines.no_condition_inside_another: ["x = a if b else (c if d else e)"],
    lines.no_comprehension_with_two_loops: ["x = {a for b in c for a in b}"],
    lines.few_conditions_in_a_statement: ["f(a if b else c, x=a if b else c, y=[a if b else c])"],
    lines.one_assignment_a_statement: [
        "a, b = f(x), g(x)",
        "a, b = x, 1",
        "self.a, self.b = a, b",
        "a, b = a + b, 0",
    ],
    lines.keywords_beyond_three_arguments: [
        "def f(a, b, c, d): ...\nf(1, 2, 3, 4)",
        "def f(a, b, c, d): ...\nTABLE = {'x': lambda: f(1, 2, 3, 4)}",
    ],
    lines.unformatted_lines_are_tables: [
        "X = f(\n    1, 2,\n)  # fmt: skip",
        "X = re.compile('|'.join((\n    'a', 'b',\n)))  # fmt: skip",
        "X = Table(A, (\n    1, 2,\n))  # fmt: skip",
        "X = [\n    a for a in b\n]  # fmt: skip",
        "def f():\n    x = (\n        1, 2,\n    )  # fmt: skip",
        "f(\n    1, 2,\n)  # fmt: skip",
        "# fmt: off",
    ],
}


def found(rule: lines.Rule, source: str, folder: Path) -> list[int]:
    file = folder / "module.py"
    file.write_text(source + "\n")
    lines.nodes.cache_clear()
    return list(rule(file))


def cases(table: dict[lines.Rule, list[str]]) -> list[tuple[lines.Rule, str]]:
    every = []
    for rule, sources in table.items():
        every += [(rule, source) for source in sources]
    return every


@pytest.mark.parametrize(("rule", "source"), cases(FINE))
def test_what_is_fine(rule: lines.Rule, source: str, tmp_path: Path) -> None:
    assert found(rule, source, tmp_path) == []


@pytest.mark.parametrize(("rule", "source"), cases(WRONG))
def test_what_breaks_a_rule(rule: lines.Rule, source: str, tmp_path: Path) -> None:
    assert len(found(rule, source, tmp_path)) == 1


def test_every_rule_is_tried() -> None:
    assert FINE.keys() == WRONG.keys() == {*lines.RULES, *lines.RULES_OF_THE_CODE}
