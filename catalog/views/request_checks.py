"""Requests that no browser sends are refused here, before a view, a database or a header meets what is in them."""

from __future__ import annotations

import re

from flask import Flask, abort, request
from werkzeug.exceptions import BadHost

# None of these is in an address of ours, and a line break would end a header that repeats the address.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def guard(app: Flask) -> None:
    """Install the refusals; they must come before everything else that looks at a request."""
    app.before_request(refuse)


def refuse() -> None:
    """404 for an address with control characters, 400 for a value with NUL, which no text of PostgreSQL may hold."""
    if _CONTROLS.search(request.path):
        abort(404)
    if any("\0" in name or any("\0" in value for value in values) for name, values in request.values.lists()):
        abort(400)


def homeless() -> bool:
    """Whether the request names a host that is none: no address can be built for it, and so no page."""
    return isinstance(request.routing_exception, BadHost)
