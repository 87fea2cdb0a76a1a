"""Real files: all are read, all that they say is accounted for, and what can be read gives an entry."""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.support.cases import cases
from tests.support.cost import cpu
from tests.support.leaf_audit import leaves, unaccounted
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

FORMATS = ("publiccode", "codemeta", "citation")


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[str, str, str, bytes]]:
    """(format, file name, note of the index, content)."""
    with open(shared / "corpus" / "index.csv", encoding="utf-8", newline="") as index:
        rows = [row for row in csv.DictReader(index) if row["format"] in FORMATS]
    files = [
        (row["format"], row["file"], row["note"], (shared / "corpus" / row["file"]).read_bytes())
        for row in rows
    ]
    assert len(files) > 100
    return files


def test_all_that_a_real_file_says_is_taken_or_named(corpus: list[tuple[str, str, str, bytes]]) -> None:
    lost, audited = [], 0
    for format_, name, _, content in corpus:
        try:
            found = leaves(content, format_)
        except (yaml.YAMLError, ValueError):
            continue  # other parsers cannot read it either
        answer = reading.parse(format_, content)
        if answer.solution is None or not answer_is_whole(answer):
            continue
        audited += 1
        lost += [f"{name}: {leaf.path}: {leaf.text[:80]!r}" for leaf in unaccounted(found, answer, format_)]
    assert not lost, "\n".join(lost)
    assert audited > 100


def answer_is_whole(answer: Reading) -> bool:
    return not any(
        problem.code in ("syntax", "too-deep", "too-many", "too-large") for problem in answer.problems
    )


def test_a_real_file_that_a_parser_can_read_gives_an_entry(corpus: list[tuple[str, str, str, bytes]]) -> None:
    without = [
        name
        for format_, name, note, content in corpus
        if "invalid yaml" not in note and reading.parse(format_, content).solution is None
    ]
    assert all("invalid-example" in name for name in without), without


def test_what_cannot_be_parsed_to_its_end_keeps_what_came_before(
    corpus: list[tuple[str, str, str, bytes]],
) -> None:
    broken = [
        (name, reading.parse(format_, content))
        for format_, name, note, content in corpus
        if "invalid yaml" in note
    ]
    assert broken
    assert all(not answer.valid for _, answer in broken)
    assert [name for name, answer in broken if answer.solution is None] == []


def test_the_standards_own_examples_are_valid(corpus: list[tuple[str, str, str, bytes]]) -> None:
    examples = [(format_, content) for format_, name, _, content in corpus if "publiccodeyml__" in name]
    assert len(examples) >= 2
    for format_, content in examples:
        answer = reading.parse(format_, content)
        assert [problem for problem in answer.problems if problem.severity != "info"] == []


# --- damaged files --------------------------------------------------------------------------------------

_PIECES = [
    b"[",
    b"]",
    b"{",
    b"}",
    b"- ",
    b": ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!python/object:os.system ",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xe2\x80\xae",
    b'"',
    b"'",
    b"|\n",
    b">-\n",
    b"---\n",
    b"%YAML 9.9\n",
    b"#",
    b"? ",
    b"\\ud800",
    b"\\u0000",
    b"1e999",
    b"9" * 400,
    b"~",
    b"null",
    b"@id",
    b"@graph",
    b"@value",
    b"@list",
    b"2026-02-30",
    b"javascript:",
    b"https://[::1",
    b"https://a@b:99999/",
    b"GPL-3.0 WITH ",
    b"(" * 60,
    b"\r",
    b"name",
    b"description",
    b"de",
    b"\xef\xbb\xbf",
    b"\n" * 5,
    b" " * 40,
    b"[[" * 30,
    b"- - - ",
]


def _damaged(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.randrange(1, 60))
        action = chance.randrange(5)
        if action == 0:
            content = content[:at] + content[to:]
        elif action == 1:
            content = content[:at] + chance.choice(_PIECES) + content[at:]
        elif action == 2:
            content = (
                content[:at]
                + bytes(chance.randrange(256) for _ in range(chance.randrange(1, 4)))
                + content[to:]
            )
        elif action == 3:
            content = content[:to] + content[at:to] * chance.randrange(1, 5) + content[to:]
        else:
            lines = content.split(b"\n")
            chance.shuffle(lines) if chance.random() < 0.1 else lines.insert(
                chance.randrange(len(lines) + 1), chance.choice(lines)
            )
            content = b"\n".join(lines)
    return content


def _seeds(shared: Path | None) -> list[tuple[str, bytes]]:
    seeds = [(case.format, case.file.read_bytes()) for case in cases()]
    if shared:
        for format_ in FORMATS:
            files = sorted((shared / "corpus" / format_).iterdir())
            seeds += [(format_, file.read_bytes()) for file in files]
    return seeds


@pytest.mark.parametrize("part", range(4))
def test_damaged_files_are_answered(
    part: int, shared: Path, amount: Callable[[int, int], int], evidence: Callable[[str, Any], None]
) -> None:
    seeds, chance, count = _seeds(shared), random.Random(part), amount(750, 25_000)
    for number in range(count):
        format_, content = seeds[(number * 4 + part) % len(seeds)]
        damaged = _damaged(content, chance)
        began = time.thread_time()
        answer = reading.parse(format_, damaged)
        if time.thread_time() - began > 1:
            assert cpu(partial(reading.parse, format_, damaged), enough=1) < 1, (part, number, format_)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Reading) == answer
        assert all(problem.message + problem.hint for problem in answer.problems)
    evidence("damaged files read", count)
