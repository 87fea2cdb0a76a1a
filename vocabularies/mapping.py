"""docs/mapping.md, printed from the tables: the predicate of each field, and where each format keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vocabularies.crosswalk.rows import Nested, Row
from vocabularies.fields import shape
from vocabularies.formats.registry import FORMATS
from vocabularies.namespaces import PREFIXES
from vocabularies.rdf import table
from vocabularies.terms import Solution

_HEAD = """# How fields are mapped

Printed by `allmende mapping` from `vocabularies/rdf/table.py` and `vocabularies/formats/`; a test holds it
to them. What harvesters get besides (titles, themes, distributions, records) is derived in
`vocabularies/rdf/dcat_ap.py`; see [rdf.md](rdf.md).
"""


def tables() -> dict[str, tuple[Row, ...]]:
    """The rows of each format that is a table, by what it is called."""
    return {row.file_name or row.name: row.rows for row in FORMATS.values() if row.rows}


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "## Fields\n", "| field | values | predicate | view |", "|---|---|---|---|"]
    for row in table.ROWS:
        values = shape(row.field, Solution)
        lines.append(f"| `{row.field}` | {values} | `{_short(row.predicate)}` | {row.view} |")
    for name, rows in tables().items():
        lines += [f"\n## {name}\n", "| key | field | note |", "|---|---|---|", *_lines(rows)]
    return "\n".join(lines) + "\n"


def _lines(rows: Iterable[Row], *, keys: str = "", fields: str = "") -> Iterator[str]:
    """A line for each row and each row nested in it; `keys` and `fields` are what stands above them."""
    for row in rows:
        key = keys + row.source
        field = fields + row.field
        yield f"| `{key}` | `{field}` | {'; '.join(_notes(row))} |"
        if isinstance(row.kind, Nested):
            yield from _lines(row.kind.rows, keys=f"{key}.", fields=f"{field}.")


def _notes(row: Row) -> Iterator[str]:
    if row.instead:
        yield row.instead
    elif row.needed:
        yield "mandatory"
    elif row.read_only:
        yield "read only"
    if isinstance(row.kind, Nested) and row.kind.fixed:
        yield ", ".join(f"{key} = {value}" for key, value in row.kind.fixed.items())


def _short(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri
