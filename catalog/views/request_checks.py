"""Requests that no browser sends are refused here, before a view, a database or a header meets them."""

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
    """404 for control characters in an address, 400 for NUL in a value, which PostgreSQL would refuse."""
    if _CONTROLS.search(request.path):
        abort(404)
    for name, values in request.values.lists():
        if any("\0" in text for text in (name, *values)):
            abort(400)


def homeless() -> bool:
    """Whether the request names a host that is none: no address can be built for it, and so no page."""
    return isinstance(request.routing_exception, BadHost)
