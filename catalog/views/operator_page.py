"""What all pages of operators share: who decides, what is told afterwards, which page of a list is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, flash, redirect, request

from catalog.base import language
from catalog.base.errors import BadForm
from catalog.views.access import account
from catalog.views.page import page, private, translator
from crawlers.faults import CrawlError, Fault


def operator_page(template: str, **values: object) -> Response:
    """A page for an operator alone; every list on it is turned by `page_number`."""
    return private(
        page(
            f"operator/{template}.html",
            status=200,
            robots="noindex",
            failure=_failure,
            page_number=page_number(),
            **values,
        )
    )


def _failure(fault: Fault | None) -> str:
    return language.sentence(translator(), fault) if fault else ""


def page_number() -> int:
    """`?page=`, the first for what is no number."""
    text = request.args.get("page", "1")
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        return 1
    return min(max(int(text), 1), 10_000)


def back(address: str) -> Response:
    """On to a page after a decision."""
    response: Response = redirect(address, code=303)  # type: ignore[assignment]
    return private(response)


def who() -> str:
    """The name of the account that decides, for the audit log."""
    row = account()
    assert row is not None
    return row.name


@contextmanager
def told(done: str) -> Iterator[None]:
    """Tells on the next page that it was done, or why not."""
    words = translator()
    try:
        yield
    except (BadForm, CrawlError) as error:
        flash(language.sentence(words, error), "danger")
    else:
        flash(done, "success")
