"""How documents lie in a Whoosh index: fields that are given their terms, and the way they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

from catalog.search.fields import BAGS


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field that is given its terms, and keeps how often each is there."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(self, value: Iterable[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, how often, weight, "") as Whoosh wants it."""
        for text, count in Counter(value).items():
            yield text.encode(), count, float(count), b""


class Sequence(fields.FieldType):  # type: ignore[misc]
    """A field that is given its terms, and keeps where each is."""

    def __init__(self) -> None:
        super().__init__(formats.Positions(), None)

    def index(self, value: Iterable[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, how often, weight, places) as Whoosh wants it."""
        places: dict[str, list[int]] = {}
        for place, text in enumerate(value):
            places.setdefault(text, []).append(place)
        for text, found in places.items():
            yield text.encode(), len(found), float(len(found)), self.format.encode(found)


def schema() -> Any:
    """The fields of a document: terms that arrive made, and what is shown and counted of it."""
    return fields.Schema(
        id=fields.ID(),
        cursor=fields.ID(stored=True),
        phrase=Sequence(),
        title=Terms(),
        surface=Terms(),
        shown=fields.STORED(),
        facts=fields.COLUMN(columns.VarBytesColumn()),
        **{name: Terms() for name in BAGS},
    )


def codec() -> Any:
    """Whoosh's own way of writing, without looking up the length of a field for each posting.

    The facts have it.
    """
    codec = W3Codec()
    codec.length_stats = False
    return codec
