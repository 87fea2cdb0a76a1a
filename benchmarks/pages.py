"""Asks the site for a page as a server would, without a network.

A WSGI call whose answer is read to the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from catalog import views
from catalog.operations.services import Services


def site(services: Services) -> Flask:
    """The whole application, as it is served."""
    return views.application(services)


def get(app: Flask, path: str, *, status: int = 200, **headers: str) -> tuple[Callable[[], int], str]:
    """A call that asks for the page again and gives its size, and the page's ETag.

    The answer must have that status.
    """
    sent = [("Accept", "text/html"), *headers.items()]
    address, _, query = path.partition("?")
    environ = EnvironBuilder(
        path=address, query_string=query, base_url="http://127.0.0.1:8000", headers=sent
    ).get_environ()

    def ask() -> int:
        size, found, _ = _asked(app, dict(environ))
        assert found == status, f"{path} answered {found}"
        return size

    return ask, _asked(app, dict(environ))[2].get("ETag", "")


def _asked(app: Flask, environ: dict[str, Any]) -> tuple[int, int, Any]:
    pieces, status, headers = run_wsgi_app(app, environ)
    size = sum(len(piece) for piece in pieces)
    if hasattr(pieces, "close"):
        pieces.close()
    return size, int(status.split()[0]), headers
