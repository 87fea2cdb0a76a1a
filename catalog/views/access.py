"""Who may use which route. Every view declares it; an application with an undeclared route does not start. Deny by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session
from sqlalchemy import select

from catalog.base.errors import NotAllowed, NotSignedIn
from catalog.base.tables import AccountRow
from catalog.views.page import services

PUBLIC, OPERATOR = "public", "operator"
ROLES = (PUBLIC, OPERATOR)

View = TypeVar("View", bound=Callable[..., Any])


def access(role: str) -> Callable[[View], View]:
    """Declare who may use a view: `@access(PUBLIC)` below `@blueprint.route(...)`."""

    def mark(view: View) -> View:
        view.access = role  # type: ignore[attr-defined]
        return view

    return mark


def account() -> AccountRow | None:
    """The account that is signed in, None for a visitor. A session ends when its account's session number was raised."""
    if "account" not in g:
        g.account = None
        number = session.get("account")
        if number is not None:
            with services().database.read() as database:
                row = database.scalars(select(AccountRow).where(AccountRow.id == number)).first()
            g.account = row if row is not None and row.sessions == session.get("number") else None
    found: AccountRow | None = g.account
    return found


def decide() -> None:
    """Before each request: raises NotSignedIn or NotAllowed unless the view's role allows it."""
    view = current_app.view_functions.get(request.endpoint or "")
    role = getattr(view, "access", None)
    if view is None or role == PUBLIC:
        return
    signed_in = account()
    if signed_in is None:
        raise NotSignedIn
    if signed_in.role != role:
        raise NotAllowed


def guard(app: Flask) -> None:
    """Install the decision and refuse to start with a route that declares nothing."""
    app.before_request(decide)
    undeclared = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "access", None) not in ROLES
    ]
    if undeclared:
        raise RuntimeError(f"routes without declared access: {', '.join(sorted(undeclared))}")
