"""The route /suggest: completions of what is typed in the search field, as JSON.

How a search may go on, for the search box (static/complete.js) and for browsers that know the site
(OpenSearch 1.1).
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, make_response, render_template, request

from catalog.views.access import PUBLIC, access
from catalog.views.page import conditional, services, visitor_language

blueprint = Blueprint("completing", __name__)
_MOST = 8
_LONGEST = 100  # characters; whoever typed more knows what to look for


@blueprint.route("/suggest")
@access(PUBLIC)
def suggest() -> Response:
    """`[typed, [completion, ...]]`, as OpenSearch Suggestions 1.1 has it.

    Names and words of the catalogue that begin so.
    """
    return conditional(_suggest, max_age=60)


def _suggest() -> Response:
    typed = request.args.get("q", "")[:_LONGEST]
    found = services().index.complete(typed, visitor_language(), _MOST) if typed.strip() else ()
    return Response(json.dumps([typed, list(found)]), content_type="application/x-suggestions+json")


@blueprint.route("/opensearch.xml")
@access(PUBLIC)
def description() -> Response:
    """What a browser needs to search here from its address bar."""
    return conditional(_description, max_age=3600)


def _description() -> Response:
    response = make_response(render_template("opensearch.xml"))
    response.content_type = "application/opensearchdescription+xml; charset=utf-8"
    return response
