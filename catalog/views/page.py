"""What all pages share: the services, the visitor's language, conditional answers, and the response headers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import cast

from flask import Flask, Response, current_app, g, make_response, render_template, request

from catalog.base import language
from catalog.operations.services import Services

LANGUAGE_COOKIE = "language"
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; connect-src 'self'; script-src 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def services() -> Services:
    """The services of this application."""
    return cast(Services, current_app.extensions["allmende"])


def visitor_language() -> str:
    """`?lang=`, else the cookie, else Accept-Language, else the instance's first language."""
    if "language" not in g:
        allowed = services().settings.languages
        asked = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
        found = (
            asked
            if asked in allowed
            else language.negotiate(request.headers.get("Accept-Language", ""), default=allowed[0])
        )
        g.language = found if found in allowed else allowed[0]
    return cast(str, g.language)


def translator() -> language.Translator:
    """The visitor's sentences."""
    return language.translator(visitor_language())


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """A rendered page in the visitor's language."""
    return make_response(render_template(template, **values), status)


def conditional(make: Callable[[], Response], *, max_age: int = 0) -> Response:
    """The answer, or 304 without making it: the ETag is known before any page is rendered (architecture.md section 3, "ETag")."""
    known = services()
    parts = (
        known.build,
        known.revision(),
        request.full_path,
        visitor_language(),
        request.headers.get("Accept", ""),
    )
    tag = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    if (
        request.if_none_match.contains(tag)
        and not request.if_none_match.star_tag
        and request.method in ("GET", "HEAD")
    ):
        response = Response(status=304)
    else:
        response = make()
        if response.status_code != 200 or response.cache_control.no_store:
            return response
    response.set_etag(tag)
    response.headers.setdefault("Cache-Control", f"public, max-age={max_age}" if max_age else "no-cache")
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    return response


def private(response: Response) -> Response:
    """Marks an answer that holds a form token or belongs to one person."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def headers(response: Response) -> Response:
    """The security headers, on every answer (docs/security.md, "script in pages")."""
    there = {name.lower() for name, _ in response.headers}
    for name, value in _HEADERS.items():
        if name.lower() not in there:
            response.headers.add(name, value)
    if services().settings.base_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def install(app: Flask) -> None:
    """Headers and what templates may call."""
    app.after_request(headers)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message, **values: translator().gettext(message, **values),
        lambda one, many, n, **values: translator().ngettext(one, many, n, **values),
        newstyle=False,  # the new style fills in by % and stumbles over a percent sign; ours are {name}
    )
    app.context_processor(_context)


def _context() -> dict[str, object]:
    return {"t": translator(), "language": visitor_language(), "settings": services().settings}
