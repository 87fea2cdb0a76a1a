"""The operator's pages about sources: all of them, their runs, and what operators did to them and to entries.

Every view is for operators, every answer private.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, url_for

from catalog.base.language import N_
from catalog.entries import moderation
from catalog.harvesting import sources
from catalog.operations import dashboard
from catalog.views.access import OPERATE, access
from catalog.views.operator_page import back, operator_page, page_number, told, who
from catalog.views.page import services, translator
from crawlers.faults import CrawlError

blueprint = Blueprint("operator_sources", __name__, url_prefix="/operator")

# Which of moderation.SOURCE_ACTIONS there are buttons for, and what is told afterwards.
_DONE = {
    "pause": N_("The source is left alone for now."),
    "resume": N_("The source is read again."),
    "now": N_("The source is read as soon as a worker is free."),
    "remove": N_("The source was removed; its entries stay."),
}


@blueprint.route("/sources", methods=["GET"])
@access(OPERATE)
def source_list() -> Response:
    """All sources with their health."""
    words = translator()
    with services().database.read() as session:
        rows = [(row, sources.health(row, words)) for row in dashboard.sources(session, page=page_number())]
    return operator_page("sources", rows=rows)


@blueprint.route("/sources", methods=["POST"])
@access(OPERATE)
def add_source() -> Response:
    """Crawl a repository, an owner or a whole forge from now on."""
    these = services()
    words = translator()
    url = request.form.get("url", "").strip()
    with told(words.gettext("The source is read as soon as a worker is free.")):
        if not url or url.isdigit():
            raise CrawlError("no-url", url=url)
        number = these.source(url)
        with these.database.write() as session:
            moderation.set_source(session, number, "now", account=who())
    return back(url_for("operator_sources.source_list"))


@blueprint.route(f"/sources/<int(max=2147483647):number>/<any({', '.join(_DONE)}):action>", methods=["POST"])
@access(OPERATE)
def change_source(number: int, action: str) -> Response:
    """Pause, resume, read soon, or remove a source."""
    done = translator().gettext(_DONE[action])
    with told(done), services().database.write() as session:
        moderation.set_source(session, number, action, account=who())
    return back(url_for("operator_sources.source_list"))


@blueprint.route("/runs")
@access(OPERATE)
def runs() -> Response:
    """The last runs."""
    with services().database.read() as session:
        found = dashboard.runs(session, page=page_number())
    return operator_page("runs", found=found)


@blueprint.route("/runs/<int(max=2147483647):number>")
@access(OPERATE)
def run(number: int) -> Response:
    """One run and what it could not read."""
    with services().database.read() as session:
        found = dashboard.run(session, number)
    if found is None:
        abort(404)
    return operator_page("run", run=found[0], faults=found[1])


@blueprint.route("/audit")
@access(OPERATE)
def audit() -> Response:
    """What operators did."""
    with services().database.read() as session:
        found = dashboard.audit(session, page=page_number())
    return operator_page("audit", found=found)
