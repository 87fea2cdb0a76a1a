"""Rendering, ETags, kept pages and security headers, for every view.

The services, the visitor's language, conditional answers, and the response headers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import cast

from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from jinja2.ext import Extension
from werkzeug.local import LocalProxy

from catalog.base import language, passing_faults
from catalog.base.settings import Settings
from catalog.base.states import UNSEEN, EntryState, Life, Registered, SourceState
from catalog.operations.services import Services
from catalog.views.page_cache import PageCache
from catalog.views.present import is_link
from vocabularies import iris
from vocabularies.problems import Severity

LANGUAGE_COOKIE = "language"
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src "
    "'self' data:; form-action 'self'; base-uri 'none'; "
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
_ADDED = {name: (name.lower(), value) for name, value in _HEADERS.items()}
# States and severities, by which templates ask what a thing is; and the entries that only operators see.
_NAMED = {
    **{enum.__name__: enum for enum in (EntryState, Life, SourceState, Registered, Severity)},
    "UNSEEN": UNSEEN,
}


def services() -> Services:
    """The services of this application."""
    return cast(Services, current_app.extensions["allmende"])


def visitor_language() -> str:
    """`?lang=`, else the cookie, else Accept-Language, else the instance's first language."""
    known: str | None = g.get("language")
    if known is None:
        known = g.language = _wanted_language(services().settings.languages)
    return known


def _wanted_language(allowed: tuple[str, ...]) -> str:
    chosen = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in allowed:
        return chosen
    negotiated = language.negotiate(request.headers.get("Accept-Language", ""), default=allowed[0])
    return negotiated if negotiated in allowed else allowed[0]


def translator() -> language.Translator:
    """The visitor's sentences."""
    return language.translator(visitor_language())


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """A rendered page in the visitor's language."""
    return make_response(render_template(template, **values), status)


def conditional(
    make: Callable[[], Response], *, max_age: int = 0, also: str = "", state: str = ""
) -> Response:
    """The answer, made at most once for each ETag, or 304 without making it.

    The ETag is known before any page is rendered: the build, the settings, the `state` of the catalogue (all
    of it, unless the answer is made from a part), the address, the language, the wanted format, and whatever
    `also` decides it.
    """
    if _personal():
        return private(make())
    tag = _tag(state or services().revision(), also)
    if _known(tag):
        return _marked(Response(status=304), tag, max_age)
    pages = _pages()
    kept = pages.get(tag)
    if kept is not None:
        return _marked(kept, tag, max_age)
    response, lacking = passing_faults.noted_while(make)
    if lacking:
        response.headers["Cache-Control"] = "no-store"
    if response.status_code != 200 or response.cache_control.no_store:
        return response
    pages.put(tag, response)
    return _marked(response, tag, max_age)


def _personal() -> bool:
    """Whether the answer is for one person: somebody is signed in, or is told something once."""
    return "account" in session or "_flashes" in session


def _tag(state: str, also: str) -> str:
    about = (request.full_path, visitor_language(), request.headers.get("Accept", ""), also)
    return hashlib.sha256("\n".join((services().build, state, *about)).encode()).hexdigest()[:32]


def _known(tag: str) -> bool:
    """Whether the visitor has the page with this ETag, compared weakly (RFC 9110, section 13.1.2).

    A proxy that compresses makes it a weak one.
    """
    wanted = request.if_none_match
    return request.method in ("GET", "HEAD") and not wanted.star_tag and wanted.contains_weak(tag)


def _marked(response: Response, tag: str, max_age: int) -> Response:
    response.set_etag(tag)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = f"public, max-age={max_age}" if max_age else "no-cache"
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    return response


def _pages() -> PageCache:
    return cast(PageCache, current_app.extensions["allmende-pages"])


def private(response: Response) -> Response:
    """Marks an answer that holds a form token or belongs to one person."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def headers(response: Response) -> Response:
    """The security headers, on every answer (docs/security.md, "script in pages")."""
    there = {name.lower() for name, _ in response.headers}
    for name, (lower, value) in _ADDED.items():
        if lower not in there:
            response.headers.add(name, value)
    if services().settings.base_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


class _Unindented(Extension):
    """Templates without their indentation, which is for those who read them and a tenth of a page."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub("^ +", "", source, flags=re.MULTILINE)


def install(app: Flask, settings: Settings) -> None:
    """Headers, the kept pages, how templates are read, and what they may call."""
    app.extensions["allmende-pages"] = PageCache(settings.page_cache_mb * 1_000_000)
    app.after_request(headers)
    app.jinja_env.trim_blocks = True
    app.jinja_env.add_extension(_Unindented)
    app.context_processor(_context)
    # For macros, which do not see the context of the page that uses them: so they are made once, not for
    # every page.
    app.jinja_env.globals.update(
        _=lambda message, **values: translator().gettext(message, **values),
        ngettext=lambda one, many, n, **values: translator().ngettext(one, many, n, **values),
        t=LocalProxy(translator),
        language=LocalProxy(visitor_language),
        is_link=is_link,
        iris=iris,
        **_NAMED,
    )


def _context() -> dict[str, object]:
    words = translator()
    return {
        "t": words,
        "_": words.gettext,
        "ngettext": words.ngettext,
        "language": words.language,
        "settings": services().settings,
    }
