"""The sitemap (sitemaps.org, protocol 0.9): one file, or an index of parts beyond a thousand addresses."""

from __future__ import annotations

from flask import Response
from markupsafe import escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.base.errors import SolutionNotFound
from catalog.base.states import EntryState
from catalog.base.tables import PublisherRow, SolutionRow
from catalog.operations.services import Services
from vocabularies import concepts, iris

SIZE = 1_000  # the protocol allows 50,000, which would take a second to make
_FIXED = ("/", "/solutions", "/programme", "/publishers", "/feeds", "/about", "/sources")
_PUBLISHING = PublisherRow.listed > 0
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def answer(services: Services, part: str) -> Response:
    """The whole, the index, or the part with this number.

    Raises SolutionNotFound for a part that is not there.
    """
    with services.database.read() as session:
        count = services.state_counts.of(session).get(EntryState.LISTED, 0)
        publishers = session.scalar(select(func.count()).select_from(PublisherRow).where(_PUBLISHING)) or 0
        parts = -(-(len(_fixed()) + publishers + count) // SIZE)
        if not part and parts > 1:
            addresses = [(f"/sitemap.xml?part={number}", "") for number in range(1, parts + 1)]
            return _xml(services, "sitemapindex", "sitemap", entries=addresses)
        number = _number(part)
        if not 1 <= number <= parts:
            raise SolutionNotFound
        pages = _pages(session, (number - 1) * SIZE, publishers)
    return _xml(services, "urlset", "url", entries=pages)


def _number(part: str) -> int:
    if not part:
        return 1
    return int(part) if part.isascii() and part.isdecimal() and len(part) < 6 else 0


def _fixed() -> list[str]:
    return [*_FIXED, *(f"/programme/{code}" for code in concepts.scheme("project").concepts)]


def _pages(session: Session, start: int, publishers: int) -> list[tuple[str, str]]:
    """(path, day) of a part: first what is always there, then the publishers, then the solutions."""
    fixed = _fixed()
    found = [(path, "") for path in fixed[start : start + SIZE]]
    start = max(start - len(fixed), 0)
    slugs = select(PublisherRow.slug).where(_PUBLISHING).order_by(PublisherRow.slug)
    shown = session.scalars(slugs.offset(start).limit(SIZE - len(found)))
    found += [(iris.publisher_page("", slug), "") for slug in shown]
    start = max(start - publishers, 0)
    listed = select(SolutionRow.slug, SolutionRow.modified).where(SolutionRow.state == EntryState.LISTED)
    rows = session.execute(listed.order_by(SolutionRow.id).offset(start).limit(SIZE - len(found)))
    return [*found, *((iris.page("", slug), modified[:10]) for slug, modified in rows)]


def _xml(services: Services, root: str, item: str, *, entries: list[tuple[str, str]]) -> Response:
    base = services.settings.base_url
    lines = [
        f"<{item}><loc>{escape(base + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{item}>"
        for path, day in entries
    ]
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n'
        + "\n".join(lines)
        + f"\n</{root}>\n"
    )
    return Response(body, content_type="application/xml; charset=utf-8")
