"""How a field of a type holds its values, and what it holds when nothing was said.

Read off its annotation in terms.py.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from vocabularies.terms import Ordered, Solution, TextLists, Texts

_EMPTY: tuple[Any, ...] = (None, "", (), {})


class Shape(StrEnum):
    """How a field holds its values. Texts and text lists are by language."""

    ONE = "one"
    SET = "set"
    LIST = "list"  # ordered
    TEXTS = "texts"
    TEXT_LISTS = "text-lists"
    FLAG = "flag"


class _Field(NamedTuple):
    shape: Shape
    ordered: bool
    optional: bool
    default: Any  # msgspec.NODEFAULT where there is none
    unsaid: Any  # how a field without a default says nothing; msgspec.NODEFAULT where it has to say something


def shape(field: str, of: type[msgspec.Struct] = Solution) -> Shape:
    """How a field of a type holds its values. Raises KeyError for a field that it has not."""
    return _fields(of)[field].shape


def is_ordered(field: str, of: type[msgspec.Struct] = Solution) -> bool:
    """Whether the order of a field's values is the source's."""
    return _fields(of)[field].ordered


def is_optional(field: str, of: type[msgspec.Struct] = Solution) -> bool:
    """Whether None is how a field says "not said", so that false is a fact."""
    return _fields(of)[field].optional


def is_said(value: Any, field: str, of: type[msgspec.Struct] = Solution) -> bool:
    """Whether a value of a field says anything: it is not empty, and not what the field is by itself."""
    if value in _EMPTY:
        return False
    default = _fields(of)[field].default
    return default is msgspec.NODEFAULT or bool(value != default)


def unsaid(of: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a type that have no default but can be empty, with that."""
    return {
        name: field.unsaid for name, field in _fields(of).items() if field.unsaid is not msgspec.NODEFAULT
    }


def nested_types(field: str, of: type[msgspec.Struct] = Solution) -> tuple[Any, ...]:
    """The types that a field's value, or each of its values, may be of."""
    hint = get_type_hints(of)[field]
    return get_args(hint) or (hint,)


def unsaid_value(field: str, of: type[msgspec.Struct] = Solution) -> Any:
    """What a field holds when nothing was said; msgspec.NODEFAULT for a nested thing that has to be there."""
    found = _fields(of)[field]
    return found.unsaid if found.default is msgspec.NODEFAULT else found.default


@cache
def _fields(of: type[msgspec.Struct]) -> dict[str, _Field]:
    hints = get_type_hints(of, include_extras=True)
    return {field.name: _field(hints[field.name], field) for field in msgspec.structs.fields(of)}


def _field(hint: Any, info: msgspec.structs.FieldInfo) -> _Field:
    ordered = get_origin(hint) is Annotated and Ordered in get_args(hint)
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    optional = type(None) in get_args(kind)
    default = info.default
    if info.default_factory is not msgspec.NODEFAULT:
        default = info.default_factory()
    unsaid = _empty(kind, optional=optional) if default is msgspec.NODEFAULT else msgspec.NODEFAULT
    return _Field(_shape(kind, ordered=ordered), ordered, optional, default=default, unsaid=unsaid)


def _empty(kind: Any, *, optional: bool) -> Any:
    if optional:
        return None
    plain = get_origin(kind) or kind
    return plain() if plain in (str, tuple, dict) else msgspec.NODEFAULT


def _shape(kind: Any, *, ordered: bool) -> Shape:
    if kind == Texts:
        return Shape.TEXTS
    if kind == TextLists:
        return Shape.TEXT_LISTS
    if kind in (bool, bool | None):
        return Shape.FLAG
    if get_origin(kind) is tuple:
        return Shape.LIST if ordered else Shape.SET
    return Shape.ONE
