"""The pages. A view parses the request, asks a service, and renders; nothing else.

`application` puts them together.
"""

from __future__ import annotations

import logging
import time
from urllib.parse import quote

from flask import Flask, Response, current_app, g, jsonify, redirect, request
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from catalog.base import language
from catalog.base.errors import AllmendeError, NotSignedIn, TooManyRequests
from catalog.base.language import N_
from catalog.base.settings import resource
from catalog.operations.services import Services
from catalog.views import (
    access,
    account,
    completion,
    documents,
    feeds,
    health,
    operator,
    operator_sources,
    page,
    publishers,
    register,
    request_checks,
    search_results,
    site,
    solutions,
)
from catalog.views.limits import limiter

_LOG = logging.getLogger("allmende.access")
_BLUEPRINTS = (
    site.blueprint,
    search_results.blueprint,
    solutions.blueprint,
    publishers.blueprint,
    register.blueprint,
    account.blueprint,
    operator.blueprint,
    operator_sources.blueprint,
    feeds.blueprint,
    documents.blueprint,
    completion.blueprint,
    health.blueprint,
)
# What a status of Flask's own is called, for people.
_HTTP = {
    400: N_("The request could not be understood."),
    404: N_("There is no such page."),
    405: N_("This address cannot be used in that way."),
    413: N_("That was too much at once."),
    415: N_("This kind of content cannot be read here."),
    431: N_("The request was too long."),
    500: N_("Something went wrong on our side. It has been noted."),
}


def application(services: Services) -> Flask:
    """The site of one instance."""
    app = Flask("allmende", template_folder=str(resource("templates")), static_folder=None)
    settings = services.settings
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=services.secret,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="__Host-allmende" if secure else "allmende",
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_MEMORY_SIZE=500_000,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=False,
        PERMANENT_SESSION_LIFETIME=12 * 3600,
    )
    app.extensions["allmende"] = services
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    request_checks.guard(app)
    CSRFProtect(app)
    limiter.init_app(app)
    page.install(app, settings)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.guard(app)
    _errors(app)
    _logging(app)
    return app


def _errors(app: Flask) -> None:
    app.register_error_handler(AllmendeError, _known)
    app.register_error_handler(RateLimitExceeded, lambda error: _known(TooManyRequests()))
    app.register_error_handler(
        CSRFError,
        lambda error: _answer(
            400,
            page.translator().gettext(
                "The form was open for too long. Please go back, reload the page and send it again."
            ),
        ),
    )
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _known(error: AllmendeError) -> Response:
    if isinstance(error, NotSignedIn) and request.method == "GET" and not _wants_json():
        return account.to_sign_in()
    return _answer(error.status, language.sentence(page.translator(), error), error=error)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 404 and (page_there := _without_slash()):
        return page_there
    if status < 400 or status == 304:
        return Response(
            status=status, headers=[(k, v) for k, v in error.get_headers() if k.lower() != "content-type"]
        )
    return _answer(status, page.translator().gettext(_HTTP.get(status, _HTTP[400 if status < 500 else 500])))


def _without_slash() -> Response | None:
    """To the page itself from an address that ends in a slash too many, as people write them."""
    bare = request.path.rstrip("/")
    if request.method not in ("GET", "HEAD") or bare == request.path or not bare or bare.startswith("//"):
        return None
    try:
        current_app.create_url_adapter(request).match(bare, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return None
    query = request.query_string.decode("ascii", "replace")
    return redirect(quote(bare) + (f"?{query}" if query else ""), code=308)  # type: ignore[return-value]


def _unknown(error: Exception) -> Response:
    logging.getLogger("allmende").error("unexpected error", exc_info=error, extra={"path": request.path})
    return _answer(500, page.translator().gettext(_HTTP[500]))


def _wants_json() -> bool:
    return (
        request.path.endswith(".json")
        or request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def _answer(status: int, sentence: str, *, error: AllmendeError | None = None) -> Response:
    if request_checks.homeless():
        response = Response(sentence + "\n", status, mimetype="text/plain")
    elif _wants_json():
        response = jsonify({"status": status, "error": sentence})
        response.status_code = status
    else:
        response = page.page(
            "error.html", status=status, code=status, sentence=sentence, values=error.values if error else {}
        )
    response.headers["Cache-Control"] = "no-store"
    return response


def _logging(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        health.count(request.endpoint or "none", response.status_code, seconds)
        # No address, no query: what people look for is nobody's business.
        _LOG.info(
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            extra={"milliseconds": round(seconds * 1000, 1)},
        )
        return response
