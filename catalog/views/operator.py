"""The operator's pages about entries: what waits, what has errors, one entry, and what is decided about it.

Every view is for operators, every answer private.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from catalog.base import language
from catalog.base.language import Translator
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


@blueprint.route("/addresses/<any(keep, release):action>", methods=["POST"])
@access(OPERATE)
def decide_takeover(action: str) -> Response:
    """An address at which another repository stands now: it is the same software, or it is other software."""
    these = services()
    words = translator()
    url = request.form.get("url", "")
    with (
        told(words.gettext("The address is read again as soon as a worker is free.")),
        these.database.write() as session,
    ):
        if action == "keep":
            takeover.keep_on(session, url, account=who())
        else:
            reason = request.form.get("reason", "")
            takeover.let_go(session, url, reason=reason, account=who(), settings=these.settings)
    return back(url_for("operator.overview"))


@blueprint.route("/entries/<solution>/withdraw")
@access(OPERATE)
def confirm_withdrawal(solution: str) -> Response:
    """Asks once more, because it is for good."""
    with services().database.read() as session:
        row = store.get(session, id=solution)
    return operator_page("withdraw", row=row)


@blueprint.route(
    "/entries/<solution>/<any(accept, refuse, hide, show, withdraw, correct):action>", methods=["POST"]
)
@access(OPERATE)
def decide(solution: str, action: str) -> Response:
    """Accept, refuse, hide, show, withdraw or correct an entry."""
    words = translator()
    done = {
        "accept": words.gettext("The entry is public now."),
        "refuse": words.gettext("The entry was refused and deleted."),
        "hide": words.gettext("The entry is hidden."),
        "show": words.gettext("The entry is shown again."),
        "withdraw": words.gettext("The entry was withdrawn."),
        "correct": words.gettext("The corrections were saved."),
    }
    with told(done[action]), services().database.write() as session:
        _decided(session, solution, action)
    if action in ("accept", "refuse"):
        return back(url_for("operator.overview"))
    return back(url_for("operator.entry", solution=solution))


def _decided(session: Session, solution: str, action: str) -> None:
    settings = services().settings
    account = who()
    reason = request.form.get("reason", "")
    if action == "accept":
        moderation.accept(session, solution, account=account, settings=settings)
    elif action == "refuse":
        moderation.refuse(session, solution, reason=reason, account=account)
    elif action == "hide":
        moderation.hide(session, solution, reason=reason, account=account, settings=settings)
    elif action == "show":
        moderation.show(session, solution, account=account, settings=settings)
    elif action == "withdraw":
        moderation.withdraw(session, solution, reason=reason, account=account, settings=settings)
    else:
        values = {name: request.form.get(name, "") for name in CORRECTABLE}
        moderation.correct(session, solution, values, account=account, settings=settings)
