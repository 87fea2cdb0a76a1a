"""The sitemap (sitemaps.org, protocol 0.9): one file, or an index of parts beyond a thousand addresses."""

from __future__ import annotations

from flask import Response
from markupsafe import escape
from sqlalchemy import func, select

from catalog.base.errors import SolutionNotFound
from catalog.base.states import EntryState
from catalog.base.tables import PublisherRow, SolutionRow
from catalog.operations.services import Services
from vocabularies import concepts

SIZE = 1_000  # the protocol allows 50,000, which would take a second to make
_FIXED = ("/", "/solutions", "/programme", "/publishers", "/feeds", "/about", "/sources")
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def answer(services: Services, part: str) -> Response:
    """The whole, the index, or the part with this number. Raises SolutionNotFound for a part that is not there."""
    with services.database.read() as session:
        listed = SolutionRow.state == EntryState.LISTED
        count = session.scalar(select(func.count()).select_from(SolutionRow).where(listed)) or 0
        publishers = session.scalars(select(PublisherRow.slug).where(PublisherRow.listed > 0))
        before = [
            *_FIXED,
            *(f"/programme/{code}" for code in concepts.scheme("project").concepts),
            *(f"/publishers/{slug}" for slug in sorted(publishers)),
        ]
        parts = -(-(count + len(before)) // SIZE)
        if not part and parts > 1:
            return _xml(
                "sitemapindex",
                "sitemap",
                [(f"/sitemap.xml?part={number}", "") for number in range(1, parts + 1)],
                services,
            )
        number = int(part) if part.isdecimal() and len(part) < 6 else 0 if part else 1
        if not 1 <= number <= parts:
            raise SolutionNotFound
        start = (number - 1) * SIZE
        pages = [(path, "") for path in before[start : start + SIZE]]
        query = select(SolutionRow.slug, SolutionRow.modified).where(listed).order_by(SolutionRow.id)
        rows = session.execute(query.offset(max(0, start - len(before))).limit(SIZE - len(pages))).all()
    return _xml(
        "urlset",
        "url",
        [*pages, *((f"/solutions/{slug}", modified[:10]) for slug, modified in rows)],
        services,
    )


def _xml(root: str, item: str, entries: list[tuple[str, str]], services: Services) -> Response:
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
