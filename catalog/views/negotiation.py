"""Which format an answer has, and how it is sent: Accept, media types, See Other."""

from __future__ import annotations

from flask import Response, redirect, request

from vocabularies.rdf.turtle import MEDIA_TYPES


def negotiated(formats: tuple[str, ...], *, html: bool = False) -> str:
    """The suffix that Accept likes best.

    The first of `formats` for `*/*`, "" for HTML where that is offered and liked.
    """
    types = (
        {MEDIA_TYPES[suffix]: suffix for suffix in formats}
        | ({"text/html": ""} if html else {})
        | {"application/json": "jsonld"}
    )
    order = (["text/html"] if html else []) + list(types)
    return types[request.accept_mimetypes.best_match(order, default=order[0]) or order[0]]


def rdf_response(body: bytes, suffix: str) -> Response:
    charset = "; charset=utf-8" if suffix in ("ttl", "nt", "trig") else ""
    return Response(body, content_type=MEDIA_TYPES[suffix] + charset)


def see(address: str) -> Response:
    response = redirect(address, code=303)
    response.vary.add("Accept")
    return response  # type: ignore[return-value]
