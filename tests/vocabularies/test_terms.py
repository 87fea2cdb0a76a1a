"""A field cannot be forgotten.

What terms.py names is written as RDF, has a name on the page in both languages, and an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from catalog.base import language
from catalog.views.field_labels import LABELS
from tests.support.packages import ROOT
from tests.support.whole_solution import WHOLE
from vocabularies import fields, terms
from vocabularies.rdf import table
from vocabularies.rdf.table import Table
from vocabularies.terms import Solution

Type = type[msgspec.Struct]
GERMAN = language.load(ROOT / "translations", "de")


def _named_in(hint: Any) -> Iterator[Type]:
    """The types of things in an annotation, however deep."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in get_args(hint):
        yield from _named_in(part)


def _reachable(of: Type) -> Iterator[Type]:
    """A type, and those of what is nested in it."""
    yield of
    for hint in get_type_hints(of).values():
        for nested in _named_in(hint):
            yield from _reachable(nested)


def _tables(of: Table) -> Iterator[Table]:
    """A table, and those of what is nested in its things."""
    yield of
    for row in of.rows:
        if isinstance(row.kind, Table):
            yield from _tables(row.kind)


def _things(thing: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """A thing, and what is nested in it."""
    yield thing
    for field in type(thing).__struct_fields__:
        value = getattr(thing, field)
        for nested in value if isinstance(value, tuple) else (value,):
            if isinstance(nested, msgspec.Struct):
                yield from _things(nested)


TYPES = tuple(dict.fromkeys(_reachable(Solution)))


def test_every_type_belongs_to_a_solution() -> None:
    named = [value for value in vars(terms).values() if isinstance(value, type)]
    structs = {value for value in named if issubclass(value, msgspec.Struct)}
    assert structs - {msgspec.Struct} == set(TYPES)


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.__name__)
def test_every_field_is_written_as_rdf(of: Type) -> None:
    """An `id` is the subject of the lines and needs no row."""
    tables = [found for found in _tables(table.SOLUTION) if found.of is of]
    assert tables, f"vocabularies/rdf/table.py has no table of {of.__name__}"
    for found in tables:
        missing = set(of.__struct_fields__) - {row.field for row in found.rows} - {"id"}
        assert not missing, f"vocabularies/rdf/table.py: no row for {missing} of {of.__name__}"


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.__name__)
def test_every_field_has_a_name_in_both_languages(of: Type) -> None:
    labels = LABELS[of]
    missing = set(of.__struct_fields__) - labels.keys()
    assert not missing, f"catalog/views/field_labels.py: no label for {missing} of {of.__name__}"
    assert labels.keys() <= set(of.__struct_fields__)
    for label in labels.values():
        message = GERMAN.get(label)
        assert message, f"translations/de: nothing for {label!r}"
        assert message.string, f"translations/de: nothing for {label!r}"


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.__name__)
def test_every_field_has_an_example(of: Type) -> None:
    examples = [thing for thing in _things(WHOLE) if type(thing) is of]
    said = {
        field
        for field in of.__struct_fields__
        if any(fields.is_said(getattr(thing, field), field, of) for thing in examples)
    }
    missing = set(of.__struct_fields__) - said
    assert not missing, f"tests/support/whole_solution.py: no example for {missing} of {of.__name__}"
