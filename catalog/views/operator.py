"""The operator's pages: what waits, what fails, what is hidden. Every view is for operators, every answer private."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, abort, flash, redirect, request, url_for

from catalog.base import language
from catalog.base.errors import BadForm
from catalog.base.language import crawl_error
from catalog.entries import copies, moderation, store, takeover
from catalog.entries.moderation import CORRECTABLE
from catalog.harvesting import sources
from catalog.operations import dashboard
from catalog.views import page as pages
from catalog.views.access import OPERATOR, access, account
from catalog.views.page import private, services, translator
from catalog.views.present import card
from crawlers.faults import CrawlError

blueprint = Blueprint("operator", __name__, url_prefix="/operator")


def _page(template: str, **values: object) -> Response:
    return private(
        pages.page(
            f"operator/{template}.html",
            status=200,
            robots="noindex",
            failure=_failure,
            page_number=_number(),
            **values,
        )
    )


def _failure(error: tuple[str, dict[str, str]] | None) -> str:
    return crawl_error(translator(), *error) if error else ""


def _number() -> int:
    text = request.args.get("page", "1")
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _back(address: str) -> Response:
    response: Response = redirect(address, code=303)  # type: ignore[assignment]
    return private(response)


def _who() -> str:
    row = account()
    assert row is not None
    return row.name


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Says that it was done, or why not."""
    words = translator()
    try:
        yield
    except BadForm as error:
        flash(language.refused(words, error.values), "danger")
    else:
        flash(done, "success")


@blueprint.route("")
@access(OPERATOR)
def overview() -> Response:
    """What should be looked after, and what waits for a decision."""
    these, words = services(), translator()
    with these.database.read() as session:
        waiting, stuck = dashboard.pending(session), takeover.all_of(session)
    warned = [
        words.gettext(dashboard.SENTENCES[code], **values)
        for code, values in dashboard.warnings(these.database, these.settings)
    ]
    return _page("overview", waiting=waiting, warned=warned, stuck=stuck)


# --- entries ----------------------------------------------------------------------------------------------------------------------------


@blueprint.route("/entries")
@access(OPERATOR)
def entries() -> Response:
    """Any entry, by its name, slug or repository."""
    query = request.args.get("q", "")[:200]
    with services().database.read() as session:
        found = dashboard.entries(session, query, page=_number())
    return _page("entries", found=found, query=query)


@blueprint.route("/problems")
@access(OPERATOR)
def problems() -> Response:
    """Entries whose files have errors."""
    with services().database.read() as session:
        found = dashboard.faulty(session, page=_number())
    return _page("problems", found=found)


@blueprint.route("/entries/<solution>")
@access(OPERATOR)
def entry(solution: str) -> Response:
    """One entry: its files, and what can be done with it."""
    with services().database.read() as session:
        row = store.get(session, id=solution)
        records, laid = (
            copies.remarked(session, row, store.records(session, row.id)),
            moderation.corrections(session, row.id),
        )
        repositories, stuck = store.repositories(session, row.id), takeover.all_of(session, entry=row.id)
    words, known = translator(), store.solution_of(row)
    files = [
        (item, [(one, *language.problem(words, one)) for one in item.reading.problems]) for item in records
    ]
    return _page(
        "entry",
        row=row,
        files=files,
        laid=laid,
        repositories=repositories,
        solution=known,
        stuck=stuck,
        card=card(row, words, known=known),
    )


@blueprint.route("/addresses/<any(keep, release):action>", methods=["POST"])
@access(OPERATOR)
def unfreeze(action: str) -> Response:
    """An address at which another repository stands now: it is the same software, or it is other software."""
    these, words, url = services(), translator(), request.form.get("url", "")
    with (
        _told(words.gettext("The address is read again as soon as a worker is free.")),
        these.database.write() as session,
    ):
        if action == "keep":
            takeover.keep_on(session, url, account=_who())
        else:
            takeover.let_go(
                session, url, reason=request.form.get("reason", ""), account=_who(), settings=these.settings
            )
    return _back(url_for("operator.overview"))


@blueprint.route("/entries/<solution>/withdraw")
@access(OPERATOR)
def confirm_withdrawal(solution: str) -> Response:
    """Asks once more, because it is for good."""
    with services().database.read() as session:
        row = store.get(session, id=solution)
    return _page("withdraw", row=row)


@blueprint.route(
    "/entries/<solution>/<any(accept, refuse, hide, show, withdraw, correct):action>", methods=["POST"]
)
@access(OPERATOR)
def decide(solution: str, action: str) -> Response:
    """Accept, refuse, hide, show, withdraw or correct an entry."""
    these, words = services(), translator()
    reason, who = request.form.get("reason", ""), _who()
    done = {
        "accept": words.gettext("The entry is public now."),
        "refuse": words.gettext("The entry was refused and deleted."),
        "hide": words.gettext("The entry is hidden."),
        "show": words.gettext("The entry is shown again."),
        "withdraw": words.gettext("The entry was withdrawn."),
        "correct": words.gettext("The corrections were saved."),
    }
    with _told(done[action]), these.database.write() as session:
        if action == "accept":
            moderation.accept(session, solution, account=who, settings=these.settings)
        elif action == "refuse":
            moderation.refuse(session, solution, reason=reason, account=who)
        elif action == "show":
            moderation.show(session, solution, account=who, settings=these.settings)
        elif action == "correct":
            values = {name: request.form.get(name, "") for name in CORRECTABLE}
            moderation.correct(session, solution, values, account=who, settings=these.settings)
        else:
            decision = moderation.hide if action == "hide" else moderation.withdraw
            decision(session, solution, reason=reason, account=who, settings=these.settings)
    return _back(
        url_for("operator.overview")
        if action in ("accept", "refuse")
        else url_for("operator.entry", solution=solution)
    )


# --- sources and runs -------------------------------------------------------------------------------------------------------------------


@blueprint.route("/sources", methods=["GET"])
@access(OPERATOR)
def source_list() -> Response:
    """All sources with their health."""
    words = translator()
    with services().database.read() as session:
        rows = [(row, sources.health(row, words)) for row in dashboard.sources(session, page=_number())]
    return _page("sources", rows=rows)


@blueprint.route("/sources", methods=["POST"])
@access(OPERATOR)
def add_source() -> Response:
    """Crawl a repository, an owner or a whole forge from now on."""
    these, words, url = services(), translator(), request.form.get("url", "").strip()
    try:
        if not url or url.isdigit():
            raise CrawlError("no-url", url=url)
        number = sources.find_or_add(these, url)
    except CrawlError as error:
        flash(crawl_error(words, error.code, error.values), "danger")
        return _back(url_for("operator.source_list"))
    with (
        _told(words.gettext("The source is read as soon as a worker is free.")),
        these.database.write() as session,
    ):
        moderation.set_source(session, number, "now", account=_who())
    return _back(url_for("operator.source_list"))


@blueprint.route(
    "/sources/<int(max=2147483647):number>/<any(pause, resume, now, remove):action>", methods=["POST"]
)
@access(OPERATOR)
def change_source(number: int, action: str) -> Response:
    """Pause, resume, read soon, or remove a source."""
    words = translator()
    done = {
        "pause": words.gettext("The source is left alone for now."),
        "resume": words.gettext("The source is read again."),
        "now": words.gettext("The source is read as soon as a worker is free."),
        "remove": words.gettext("The source was removed; its entries stay."),
    }
    with _told(done[action]), services().database.write() as session:
        moderation.set_source(session, number, action, account=_who())
    return _back(url_for("operator.source_list"))


@blueprint.route("/runs")
@access(OPERATOR)
def runs() -> Response:
    """The last runs."""
    with services().database.read() as session:
        found = dashboard.runs(session, page=_number())
    return _page("runs", found=found)


@blueprint.route("/runs/<int(max=2147483647):number>")
@access(OPERATOR)
def run(number: int) -> Response:
    """One run and what it could not read."""
    with services().database.read() as session:
        found = dashboard.run(session, number)
    if found is None:
        abort(404)
    return _page("run", run=found[0], faults=found[1])


@blueprint.route("/audit")
@access(OPERATOR)
def audit() -> Response:
    """What operators did."""
    with services().database.read() as session:
        found = dashboard.audit(session, page=_number())
    return _page("audit", found=found)
