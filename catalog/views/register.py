"""The pages on which anybody names a repository, and what became of it.

Whoever names one sees at once what was found and what is wrong, and waits for an operator.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from catalog.base import language
from catalog.base.errors import Unregistered
from catalog.base.language import Translator
from catalog.base.states import VISIBLE, Registered
from catalog.base.tables import SolutionRow
from catalog.checking import check
from catalog.entries import store
from catalog.harvesting import registration
from catalog.harvesting.registration import Outcome
from catalog.views.access import PUBLIC, access
from catalog.views.limits import limiter
from catalog.views.page import page, private, services, translator
from catalog.views.present import card
from vocabularies.formats import lookup

blueprint = Blueprint("register", __name__)


@blueprint.route("/register", methods=["GET"])
@access(PUBLIC)
def form() -> Response:
    """The form alone: a GET makes no request to anybody."""
    return _form(url=request.args.get("url", "")[:2_000])


def _form(*, url: str = "", fault: str = "", status: int = 200) -> Response:
    return private(
        page("register/form.html", status=status, url=url, fault=fault, files=_read_files(translator()))
    )


@blueprint.route("/register", methods=["POST"])
@access(PUBLIC)
@limiter.limit("10/hour")
@limiter.shared_limit("200/hour", scope="register", key_func=lambda: "everybody")
def submit() -> Response:
    """Reads the repository now and shows what came of it."""
    url = request.form.get("url", "")
    these = services()
    try:
        outcome = registration.register(these.database, url, http=these.http, harvest=these.harvest)
    except Unregistered as error:
        return _form(url=url[:2_000], fault=language.sentence(translator(), error), status=error.status)
    return private(
        page("register/outcome.html", status=200, outcome=outcome, **_found(outcome, translator()))
    )


def _found(outcome: Outcome, words: Translator) -> dict[str, object]:
    """What the page shows of the entry: nothing of one that is hidden."""
    if not outcome.solution or outcome.state in (Registered.HIDDEN, Registered.WAITING):
        return {}
    with services().database.read() as session:
        row = store.get(session, id=outcome.solution)
        files = store.records(session, row.id) if outcome.state == Registered.NEW else []
    solution = store.solution_of(row)
    read = [
        (item, [(one, *language.problem(words, one)) for one in item.reading.problems])
        for item in files
        if item.path
    ]
    metadata = any(lookup.row_of(item.format).public for item in files)
    return {
        "row": row,
        "card": card(row, words, known=solution),
        "solution": solution,
        "files": read,
        "metadata": metadata,
        "draft": "" if metadata or outcome.state != Registered.NEW else check.draft_of(solution, words=words),
        "public": _public(row),
    }


def _read_files(words: Translator) -> str:
    """What is read of a repository, in words."""
    return words.join([words.gettext(row.title) for row in lookup.files()])


def _public(row: SolutionRow) -> bool:
    return row.state in VISIBLE
