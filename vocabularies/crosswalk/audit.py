"""The audit of a document: each value that no row took is named, with the reason if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vocabularies.crosswalk import patterns
from vocabularies.crosswalk.patterns import KnownKeys, Trail, Verdict
from vocabularies.crosswalk.report import Report
from vocabularies.syntax.documents import key_path


def audit(data: Any, *, known: KnownKeys, taken: set[str], report: Report) -> None:
    """Reports each leaf whose path is not in `taken`.

    It is ignored for a stated reason, of the wrong shape, empty or unknown. A branch that the format does not
    know, or ignores, is named once, and once for all items of a list.
    """
    for trail, value in _leaves(data):
        if not trail or any(path in taken for _, path in trail):
            continue
        judgement = patterns.judge(known, trail)
        path = trail[-1][1]
        if judgement.verdict in (Verdict.IGNORED, Verdict.IN_PART):
            if judgement.reason:
                report.note_branch(judgement.verdict.value, judgement.path, reason=judgement.reason)
        elif judgement.verdict is Verdict.UNKNOWN:
            report.note_branch("not-read", judgement.path)
        elif value is None or value in ({}, []):
            if report.whole or value is None:  # the text may have broken off inside
                report.note_once("empty-value", path)
        elif judgement.verdict is Verdict.GROUP:
            report.note_once("wrong-type", path, expected="a group of keys", found="a single value")
        else:
            report.note_branch("not-read", path)


def _leaves(data: Any) -> Iterator[tuple[Trail, Any]]:
    """Every scalar and every empty container of the document, in its order, without recursion."""
    stack: list[tuple[Trail, Any]] = [((), data)]
    while stack:
        trail, value = stack.pop()
        path = trail[-1][1] if trail else ""
        if isinstance(value, dict) and value:
            keys = reversed(value.items())
            stack.extend(((*trail, (key, key_path(path, key))), inner) for key, inner in keys)
        elif isinstance(value, list) and value:
            indices = range(len(value) - 1, -1, -1)
            stack.extend(((*trail, ("[]", f"{path}[{index}]")), value[index]) for index in indices)
        else:
            yield trail, value
