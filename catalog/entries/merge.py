"""Many documents about one solution -> one Solution, with the document that each field came from.

A field is taken whole from the best source that has it; language texts are filled per language; only aliases
are united. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from vocabularies import fields
from vocabularies.crosswalk.rows import unique
from vocabularies.formats.lookup import row_of
from vocabularies.terms import Solution

_UNITED = frozenset(("aliases", "programme"))
_KEPT_APART = frozenset(("id", "issued", "modified", "repository"))


class View(NamedTuple):
    """One document's view of a solution.

    `leads`: it lies in the repository that the solution is named after.
    """

    format: str
    solution: Solution
    uri: str = ""
    commit: str = ""
    repository: str = ""
    leads: bool = True


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a field's value comes from; `others` are formats that say something else."""

    format: str
    uri: str = ""
    commit: str = ""
    others: tuple[str, ...] = ()


def merge(views: Iterable[View]) -> tuple[Solution, dict[str, Origin]]:
    """The merged solution and the origin of each of its fields. The order of `views` does not matter."""
    ranked = sorted(views, key=_rank)
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for field in Solution.__struct_fields__:
        if field not in _KEPT_APART:
            having = [view for view in ranked if getattr(view.solution, field) not in (None, "", (), {})]
            if having:
                values[field] = _field(field, having)
                origins[field] = _origin(field, having)
    lead = next((view.repository for view in ranked if view.leads and view.repository), "")
    values["repository"] = lead or next(
        (view.solution.repository for view in ranked if view.solution.repository), ""
    )
    return Solution(**values), origins


def _rank(view: View) -> tuple[Any, ...]:
    """Best first.

    The correction, metadata files (the leading repository's before another's), then what forges and texts
    say.
    """
    row = row_of(view.format)
    return (
        row.rank > 0,
        not row.metadata,
        not view.leads,
        row.rank,
        view.repository,
        view.uri,
        view.commit,
        msgspec.json.encode(view.solution, order="deterministic"),
    )


def _field(field: str, having: Sequence[View]) -> Any:
    best = getattr(having[0].solution, field)
    if field in _UNITED:
        return unique(chain.from_iterable(getattr(view.solution, field) for view in having), ordered=False)
    if fields.shape(field) not in (fields.Shape.TEXTS, fields.Shape.TEXT_LISTS):
        return best
    filled = dict(best)
    for view in having[1:]:
        # A forge's or a README's text is no second language of a description, only a stand-in for a missing
        # one.
        if row_of(view.format).metadata:
            for language, text in getattr(view.solution, field).items():
                if language:
                    filled.setdefault(language, text)
    return dict(sorted(filled.items()))


def _origin(field: str, having: Sequence[View]) -> Origin:
    best = having[0]
    mine = getattr(best.solution, field)
    others = {
        view.format for view in having[1:] if getattr(view.solution, field) != mine and field not in _UNITED
    }
    ranked = sorted(others, key=lambda name: (row_of(name).rank, name))
    return Origin(best.format, best.uri, best.commit, others=tuple(ranked))
