"""Who may use which route.

Every view declares what it needs; an application with an undeclared route does not start.

Deny by default. Which role may what stands in people/permissions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session
from sqlalchemy import select

from catalog.base.errors import NotAllowed, NotSignedIn
from catalog.base.tables import AccountRow
from catalog.people import permissions
from catalog.people.permissions import Permission, Role
from catalog.views.page import services

PUBLIC = Permission.PUBLIC
OPERATE = Permission.OPERATE

View = TypeVar("View", bound=Callable[..., Any])


def access(permission: Permission) -> Callable[[View], View]:
    """Declare what a view needs: `@access(PUBLIC)` below `@blueprint.route(...)`."""

    def mark(view: View) -> View:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return mark


def account() -> AccountRow | None:
    """The account that is signed in, None for a visitor.

    A session ends when its account's session number was raised.
    """
    if "account" not in g:
        g.account = None
        number = session.get("account")
        if number is not None:
            with services().database.read() as database:
                row = database.scalars(select(AccountRow).where(AccountRow.id == number)).first()
            g.account = row if row is not None and row.sessions == session.get("number") else None
    found: AccountRow | None = g.account
    return found


def may(permission: Permission) -> bool:
    """Whether whoever asks has a permission. What everybody has is granted without asking who it is."""
    if permissions.may(Role.VISITOR, permission):
        return True
    signed_in = account()
    return signed_in is not None and permissions.may(signed_in.role, permission)


def decide() -> None:
    """Before each request: raises NotSignedIn or NotAllowed unless who asks has what the view needs."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or may(_declared(view) or OPERATE):
        return
    raise NotSignedIn if account() is None else NotAllowed


def _declared(view: Callable[..., Any]) -> Permission | None:
    permission = getattr(view, "access", None)
    return permission if isinstance(permission, Permission) else None


def guard(app: Flask) -> None:
    """Install the decision and refuse to start with a route that declares nothing."""
    app.before_request(decide)
    undeclared = [name for name, view in app.view_functions.items() if _declared(view) is None]
    if undeclared:
        raise RuntimeError(f"routes without declared access: {', '.join(sorted(undeclared))}")
