"""docs/mapping.md, printed from the tables: each field with its predicates, and where each format keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from vocabularies.crosswalk.rows import Nested, Row
from vocabularies.formats import citation, codemeta, forges, publiccode
from vocabularies.namespaces import PREFIXES
from vocabularies.rdf import table
from vocabularies.terms import Solution, shape

_HEAD = """# How fields are mapped

Printed by `allmende mapping` from `vocabularies/rdf/table.py` and `vocabularies/formats/`; a test holds it to them. What harvesters get besides
(titles, themes, distributions, records) is derived in `vocabularies/rdf/dcat_ap.py`.
"""


def tables() -> dict[str, tuple[Row, ...]]:
    """The rows of each format by its name."""
    return {
        "publiccode.yml": publiccode.ROWS,
        "codemeta.json": codemeta.CROSSWALK.rows,
        "CITATION.cff": citation.ROWS,
        **{
            forge.crosswalk.name: forge.crosswalk.rows
            for forge in (forges.GITHUB, forges.GITLAB, forges.GITEA)
        },
    }


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "## Fields\n", "| field | values | predicate | view |", "|---|---|---|---|"]
    lines += [
        f"| `{row.field}` | {shape(row.field, Solution)} | `{_short(row.predicate)}` | {row.view} |"
        for row in table.ROWS
    ]
    for name, rows in tables().items():
        lines += [f"\n## {name}\n", "| key | field | note |", "|---|---|---|", *_rows(rows)]
    return "\n".join(lines) + "\n"


def _rows(rows: Iterable[Row], before: str = "", field: str = "") -> Iterable[str]:
    for row in rows:
        note = row.instead or ("mandatory" if row.needed else "read only" if row.read_only else "")
        fixed = (
            ", ".join(f"{key} = {value}" for key, value in row.kind.fixed.items())
            if isinstance(row.kind, Nested)
            else ""
        )
        yield f"| `{before}{row.source}` | `{field}{row.field}` | {'; '.join(part for part in (note, fixed) if part)} |"
        if isinstance(row.kind, Nested):
            yield from _rows(row.kind.rows, f"{before}{row.source}.", f"{field}{row.field}.")


def _short(iri: str) -> str:
    return next(
        (
            f"{prefix}:{iri[len(namespace) :]}"
            for prefix, namespace in PREFIXES.items()
            if iri.startswith(namespace)
        ),
        iri,
    )
