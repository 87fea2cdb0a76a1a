"""Every fixture says what its folder says."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.cases import READ, Case, cases, lines, said
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.format}/{case.name}")
def test_case(case: Case) -> None:
    answer = reading.parse(case.format, case.file.read_bytes())
    assert lines(answer) == case.problems
    assert said(answer) == case.expected


def test_every_format_has_cases() -> None:
    assert {case.format for case in CASES} == set(READ)


@pytest.mark.parametrize("format_", sorted(READ))
def test_what_the_sandbox_gives_back_is_what_was_read(format_: str) -> None:
    content = next(case for case in CASES if case.format == format_).file.read_bytes()
    request = msgspec.msgpack.encode(reading.Request(format_, content))
    assert msgspec.msgpack.decode(reading.read(request), type=Reading) == reading.parse(format_, content)
