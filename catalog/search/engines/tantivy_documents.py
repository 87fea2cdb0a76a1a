"""Documents as tantivy keeps them: the schema, a record as a document, numbers that sort as it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tantivy

from catalog.search import FACETS
from catalog.search.engines import tantivy_facets
from catalog.search.fields import BAGS, Record
from catalog.search.surface import SHOW

# The first 32 bytes of the id, as numbers that sort like it.
TIES = tuple(f"id{number}" for number in range(4))


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "cursor"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    for name in BAGS:
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_text_field("phrase", tokenizer_name="terms", index_option="position")
    builder.add_text_field("title", tokenizer_name="raw", index_option="freq")
    builder.add_text_field("surface", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(
            tantivy_facets.field(name), fast=True, tokenizer_name="raw", index_option="basic"
        )
    for group in tantivy_facets.GROUPS:
        builder.add_text_field(group, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("recency", "name"):
        builder.add_text_field(order(name), fast=True, tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field(nearly(name), fast=True)
    for name in TIES:
        builder.add_unsigned_field(name, fast=True)
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


def order(sort: str) -> str:
    """The field by which a sort orders."""
    return f"by_{sort}"


def nearly(sort: str) -> str:
    """The field of numbers that never contradict the order of a sort, but may be equal where it is not."""
    return f"near_{sort}"


def near(text: str) -> int:
    """The number of a key to sort by: its first eight bytes, which sort like it.

    >>> near("abc") < near("abcdefgh") == near("abcdefghi") < near("b")
    True
    """
    return int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "big")


def near_date(text: str) -> int:
    """The same of a key that begins with the digits of a date: of those, as many as there are to ms.

    >>> near_date("7973\x1fa") <= near_date("79730\x1fa") < near_date("7974\x1fa")
    True
    >>> near_date("9999\x1fa") < near_date("~\x1fa")
    True
    """
    digits = text.partition(SHOW)[0][:18]
    return int(digits.ljust(18, "0")) if digits.isdecimal() else 10**18


SCHEMA = _schema()


def document(record: Record) -> Any:
    """A record as tantivy takes it."""
    document = tantivy.Document()
    document.add_text("id", record.id)
    for field, found in record.bags.items():
        document.add_text(field, found)
    document.add_text("phrase", record.phrase)
    for field, values in (("title", record.titles), ("surface", record.surface)):
        for value in values:
            document.add_text(field, value)
    for name, codes in record.facets.items():
        for code in codes:
            document.add_text(tantivy_facets.field(name), code)
    for group in tantivy_facets.GROUPS:
        if combination := tantivy_facets.combination(group, record.facets):
            document.add_text(group, combination)
    document.add_text(order("name"), record.by_name)
    document.add_unsigned(nearly("name"), near(record.by_name))
    document.add_text(order("recency"), record.by_recency)
    document.add_unsigned(nearly("recency"), near_date(record.by_recency))
    ordered = record.id.encode().ljust(8 * len(TIES), b"\0")
    for number, field in enumerate(TIES):
        document.add_unsigned(field, int.from_bytes(ordered[8 * number : 8 * number + 8], "big"))
    document.add_bytes("shown", record.shown)
    return document


def identifier(parts: Iterable[int]) -> str:
    """The id of a document, by the numbers that order equal scores by it."""
    return b"".join(part.to_bytes(8, "big") for part in parts).rstrip(b"\0").decode()
