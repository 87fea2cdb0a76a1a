"""Signing in and out. The session holds the account's number and its session number, nothing else."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, session, url_for

from catalog.people import accounts
from catalog.views.access import PUBLIC, access
from catalog.views.access import account as signed_in
from catalog.views.limits import limiter
from catalog.views.page import page, private, services, translator
from catalog.views.site import local_path

blueprint = Blueprint("account", __name__)


def to_sign_in() -> Response:
    """Sends a visitor to the form, and back to where they wanted to go afterwards."""
    return private(_to(url_for("account.form", next=local_path(request.full_path.rstrip("?")))))


def _name() -> str:
    return "account:" + accounts.normal(request.form.get("name", "")[:80])


def _to(address: str) -> Response:
    response: Response = redirect(address, code=303)  # type: ignore[assignment]
    return response


@blueprint.route("/sign-in", methods=["GET"])
@access(PUBLIC)
def form() -> Response:
    """The form."""
    return _form()


def _form(*, fault: str = "", status: int = 200) -> Response:
    wanted = local_path(request.values.get("next", ""))
    return private(
        page(
            "account/sign_in.html",
            status=status,
            fault=fault,
            name=request.form.get("name", "")[:80],
            next=wanted,
            robots="noindex",
        )
    )


@blueprint.route("/sign-in", methods=["POST"])
@access(PUBLIC)
@limiter.limit("5/minute")
@limiter.limit("5/minute;50/hour", key_func=_name)
def sign_in() -> Response:
    """Checks name and password.

    The session begins anew, so that nothing known before is worth anything after.
    """
    with services().database.write() as database:
        row = accounts.verify(database, request.form.get("name", ""), request.form.get("password", ""))
    if row is None:
        return _form(fault=translator().gettext("Name or password is wrong."), status=401)
    session.clear()
    session["account"] = row.id
    session["number"] = row.sessions
    session.permanent = True
    wanted = local_path(request.form.get("next", ""))
    return private(_to(url_for("operator.overview") if wanted == "/" else wanted))


@blueprint.route("/sign-out", methods=["POST"])
@access(PUBLIC)
def sign_out() -> Response:
    """Ends all sessions of the account: a copy of the cookie is worth nothing any more."""
    row = signed_in()
    if row is not None:
        with services().database.write() as database:
            accounts.sign_out_everywhere(database, row.id)
    session.clear()
    flash(translator().gettext("You are signed out."), "success")
    return private(_to(url_for("site.home")))
