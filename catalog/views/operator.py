"""The operator's pages about entries: what waits, what has errors, one entry, and what is decided about it.

Every view is for operators, every answer private.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from catalog.base import language
from catalog.base.language import N_, Translator
from catalog.entries import copies, moderation, store, takeover
from catalog.entries.moderation import CORRECTABLE
from catalog.operations import dashboard
from catalog.views.access import OPERATE, access
from catalog.views.operator_page import back, operator_page, page_number, told, who
from catalog.views.page import services, translator
from catalog.views.present import card
from vocabularies.problems import Problem

blueprint = Blueprint("operator", __name__, url_prefix="/operator")


@blueprint.route("")
@access(OPERATE)
def overview() -> Response:
    """What should be looked after, and what waits for a decision."""
    these = services()
    words = translator()
    with these.database.read() as session:
        waiting = dashboard.pending(session)
        takeovers = takeover.all_of(session)
    warned = [
        language.sentence(words, warning) for warning in dashboard.warnings(these.database, these.settings)
    ]
    return operator_page("overview", waiting=waiting, warned=warned, takeovers=takeovers)


@blueprint.route("/entries")
@access(OPERATE)
def entries() -> Response:
    """Any entry, by its name, slug or repository."""
    query = request.args.get("q", "")[:200]
    with services().database.read() as session:
        found = dashboard.entries(session, query, page=page_number())
    return operator_page("entries", found=found, query=query)


@blueprint.route("/problems")
@access(OPERATE)
def problems() -> Response:
    """Entries whose files have errors."""
    with services().database.read() as session:
        found = dashboard.faulty(session, page=page_number())
    return operator_page("problems", found=found)


@blueprint.route("/entries/<solution>")
@access(OPERATE)
def entry(solution: str) -> Response:
    """One entry: its files, and what can be done with it."""
    with services().database.read() as session:
        row = store.get(session, id=solution)
        records = copies.remarked(session, row, store.records(session, row.id))
        laid = moderation.corrections(session, row.id)
        repositories = store.repositories(session, row.id)
        takeovers = takeover.all_of(session, entry=row.id)
    words = translator()
    known = store.solution_of(row)
    return operator_page(
        "entry",
        row=row,
        files=[(record, _problems(record, words)) for record in records],
        laid=laid,
        repositories=repositories,
        solution=known,
        takeovers=takeovers,
        card=card(row, words, known=known),
    )


def _problems(record: store.Stored, words: Translator) -> list[tuple[Problem, str, str]]:
    """(problem, message, hint) of everything that is criticised in a document."""
    return [(problem, *language.problem(words, problem)) for problem in record.reading.problems]


def _keep_on(session: Session, url: str) -> None:
    takeover.keep_on(session, url, account=who())


def _let_go(session: Session, url: str) -> None:
    takeover.let_go(session, url, reason=_reason(), account=who(), settings=services().settings)


# What is decided of an address at which another repository stands now: the same software, or other software.
_OF_ADDRESSES = {"keep": _keep_on, "release": _let_go}


@blueprint.route(f"/addresses/<any({', '.join(_OF_ADDRESSES)}):action>", methods=["POST"])
@access(OPERATE)
def decide_takeover(action: str) -> Response:
    """One of _OF_ADDRESSES."""
    done = translator().gettext("The address is read again as soon as a worker is free.")
    with told(done), services().database.write() as session:
        _OF_ADDRESSES[action](session, request.form.get("url", ""))
    return back(url_for("operator.overview"))


@blueprint.route("/entries/<solution>/withdraw")
@access(OPERATE)
def confirm_withdrawal(solution: str) -> Response:
    """Asks once more, because it is for good."""
    with services().database.read() as session:
        row = store.get(session, id=solution)
    return operator_page("withdraw", row=row)


# --- what is decided about an entry ---------------------------------------------------------------------


class _Decision(NamedTuple):
    """What is done with an entry and told afterwards; `settles`: next come the others that wait."""

    decide: Callable[[Session, str], object]
    done: str
    settles: bool = False


def _reason() -> str:
    return request.form.get("reason", "")


def _accept(session: Session, solution: str) -> None:
    moderation.accept(session, solution, account=who(), settings=services().settings)


def _refuse(session: Session, solution: str) -> None:
    moderation.refuse(session, solution, reason=_reason(), account=who())


def _hide(session: Session, solution: str) -> None:
    moderation.hide(session, solution, reason=_reason(), account=who(), settings=services().settings)


def _show(session: Session, solution: str) -> None:
    moderation.show(session, solution, account=who(), settings=services().settings)


def _withdraw(session: Session, solution: str) -> None:
    moderation.withdraw(session, solution, reason=_reason(), account=who(), settings=services().settings)


def _correct(session: Session, solution: str) -> None:
    values = {name: request.form.get(name, "") for name in CORRECTABLE}
    moderation.correct(session, solution, values, account=who(), settings=services().settings)


_OF_ENTRIES = {
    "accept": _Decision(_accept, N_("The entry is public now."), settles=True),
    "refuse": _Decision(_refuse, N_("The entry was refused and deleted."), settles=True),
    "hide": _Decision(_hide, N_("The entry is hidden.")),
    "show": _Decision(_show, N_("The entry is shown again.")),
    "withdraw": _Decision(_withdraw, N_("The entry was withdrawn.")),
    "correct": _Decision(_correct, N_("The corrections were saved.")),
}


@blueprint.route(f"/entries/<solution>/<any({', '.join(_OF_ENTRIES)}):action>", methods=["POST"])
@access(OPERATE)
def decide(solution: str, action: str) -> Response:
    """One of _OF_ENTRIES."""
    decision = _OF_ENTRIES[action]
    done = translator().gettext(decision.done)
    with told(done), services().database.write() as session:
        decision.decide(session, solution)
    if decision.settles:
        return back(url_for("operator.overview"))
    return back(url_for("operator.entry", solution=solution))
