"""Who may do what, generated from the routes of the application.

Every route by every method, as a visitor and as an operator.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from catalog.operations.services import Services
from catalog.people import accounts
from catalog.people.permissions import OF_ACCOUNTS, Permission, Role, may
from catalog.views import access
from tests.support.browser import BASE, Browser

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# What anybody may change, and nothing else: a new route that writes must be named here.
WRITTEN_BY_ANYBODY = {"register.submit", "account.sign_in", "account.sign_out"}
# How each kind of gap in a route is filled in; a gap with a list of words is filled in with each of them.
GAPS = {"slug": "x", "solution": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "code": "de"}


def addresses(rule: Rule) -> list[str]:
    """The paths of a route."""
    paths = [rule.rule]
    for name, converter in rule._converters.items():  # type: ignore[attr-defined]
        gap = rf"<(?:[^<>]*:)?{name}>"
        paths = [re.sub(gap, word, path) for path, word in product(paths, _fitting(name, converter))]
    return paths


def _fitting(name: str, converter: BaseConverter) -> list[str]:
    """The words that a gap of a route is filled in with."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)
    if isinstance(converter, IntegerConverter):
        return ["1"]
    return [GAPS.get(name, "x")]


def routes(app: Flask) -> list[tuple[Rule, str]]:
    found: list[tuple[Rule, str]] = []
    for rule in app.url_map.iter_rules():
        found += [(rule, path) for path in addresses(rule)]
    return found


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "access", None)
        assert isinstance(permission, Permission), rule
        assert (permission == access.OPERATE) == rule.rule.startswith("/operator"), rule


def test_a_role_nobody_knows_is_a_visitor() -> None:
    assert {one for one in Permission if may("archivist", one)} == {Permission.PUBLIC}
    assert not [role for role in OF_ACCOUNTS if not may(role, Permission.PUBLIC)]
    assert not may(Role.VISITOR, Permission.PREVIEW)


def test_only_these_forms_are_for_anybody(app: Flask) -> None:
    written = {rule.endpoint for rule in app.url_map.iter_rules() if (rule.methods or set()) & UNSAFE}
    assert {
        endpoint
        for endpoint in written
        if getattr(app.view_functions[endpoint], "access", "") == access.PUBLIC
    } == WRITTEN_BY_ANYBODY


def test_a_visitor_gets_nothing_of_an_operators_pages(app: Flask, visitor: Browser) -> None:
    token = visitor.token()
    tried = 0
    for rule, path in routes(app):
        if not rule.rule.startswith("/operator"):
            continue
        for method in METHODS:
            answer = visitor.client.open(
                path, method=method, base_url=BASE, headers={"X-CSRFToken": token, "Referer": BASE + "/"}
            )
            assert answer.status_code in (303, 401, 405), (method, path, answer.status_code)
            if answer.status_code == 303:
                assert answer.headers["Location"].startswith("/sign-in?next="), path
            tried += answer.status_code != 405
    assert tried > 15


def test_nothing_is_written_without_the_forms_token(app: Flask, visitor: Browser, operator: Browser) -> None:
    for browser in (visitor, operator):
        for rule, path in routes(app):
            for method in sorted(UNSAFE & (rule.methods or set())):
                answer = browser.open(method, path)
                assert answer.status_code == 400, (method, path, answer.status_code)


def test_no_route_takes_a_method_it_does_not_declare(app: Flask, operator: Browser) -> None:
    token = operator.token()
    declared: dict[str, set[str]] = {}
    for rule, path in routes(app):
        declared.setdefault(path, set()).update(rule.methods or set())
    for path, methods in declared.items():
        for method in set(METHODS) - methods:
            answer = operator.client.open(
                path, method=method, base_url=BASE, headers={"X-CSRFToken": token, "Referer": BASE + "/"}
            )
            assert answer.status_code in (404, 405), (method, path, answer.status_code)


def test_an_operator_sees_every_page(app: Flask, operator: Browser) -> None:
    for rule, path in routes(app):
        if rule.rule.startswith("/operator") and "GET" in (rule.methods or set()):
            answer = operator.get(path)
            assert answer.status_code in (200, 404), (path, answer.status_code)
            assert answer.headers["Cache-Control"] in ("private, no-store", "no-store"), path
            assert answer.status_code == 200 or rule.arguments, path


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", "allmende.example.org.evil.example"])
def test_no_page_repeats_a_foreign_host(app: Flask, visitor: Browser, services: Services, host: str) -> None:
    for rule, path in routes(app):
        if "GET" in (rule.methods or set()):
            headers = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-For": "10.0.0.1"}
            answer = visitor.client.get(path, headers=headers)
            assert "evil.example" not in answer.text, path
            assert "evil.example" not in answer.headers.get("Location", ""), path


def test_a_signed_out_or_removed_account_is_a_visitor(services: Services, operator: Browser) -> None:
    assert operator.get("/operator").status_code == 200
    with services.database.write() as session:
        accounts.remove(session, "anna")
    assert operator.get("/operator").status_code == 303


def test_a_copy_of_the_cookie_ends_with_the_session(app: Flask, operator: Browser) -> None:
    cookie = operator.client.get_cookie("__Host-allmende", domain="allmende.example.org")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    thief = Browser(app)
    thief.client.set_cookie("__Host-allmende", cookie.value, domain="allmende.example.org", secure=True)
    assert thief.get("/operator").status_code == 200
    assert operator.post("/sign-out").status_code == 303
    assert thief.get("/operator").status_code == 303
