"""A solution, and a document it was read from, as JSON for machines."""

from __future__ import annotations

from typing import Any

from catalog.base import ids, language
from catalog.base.language import Translator
from catalog.base.tables import SolutionRow
from catalog.entries import store
from catalog.views import present
from vocabularies import iris
from vocabularies.problems import Problem
from vocabularies.rdf import dcat_ap
from vocabularies.values import kinds


def item(row: SolutionRow, words: Translator, *, base: str) -> dict[str, Any]:
    """What a list of solutions says of one; `base` is the address of the instance."""
    solution = store.solution_of(row)
    return {
        "id": ids.solution(base, row),
        "slug": row.slug,
        "url": iris.page(base, row.slug),
        "json": iris.page_data(base, row.slug),
        "name": dcat_ap.name(solution, words.language),
        "summary": present.summary(solution, words.language).text,
        "publisher": {"name": dcat_ap.agent_name(solution), "slug": row.publisher},
        "repository": solution.repository,
        "licence": solution.licence,
        "licences": kinds.licences(solution.licence),
        "status": solution.status,
        "version": solution.version,
        "release_date": solution.release_date,
        "modified": row.modified,
        "life": store.life_of(row),
        "life_since": row.life_since,
    }


def document(record: store.Stored, words: Translator) -> dict[str, Any]:
    """A document, where it was read, and what is criticised in it."""
    return {
        "format": record.format,
        "path": record.path,
        "repository": record.repository,
        "uri": record.uri,
        "commit": record.commit,
        "fetched": record.fetched,
        "valid": record.reading.valid,
        "problems": [_problem(problem, words) for problem in record.reading.problems],
    }


def _problem(problem: Problem, words: Translator) -> dict[str, Any]:
    message, hint = language.problem(words, problem)
    return {
        "severity": problem.severity,
        "code": problem.code,
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": message,
        "hint": hint,
    }
