"""The sitemap (sitemaps.org, protocol 0.9): one file, or an index of parts beyond 50,000 addresses."""

from __future__ import annotations

from flask import Response
from markupsafe import escape
from sqlalchemy import func, select

from catalog.base.errors import SolutionNotFound
from catalog.base.states import EntryState
from catalog.base.tables import SolutionRow
from catalog.operations.services import Services
from vocabularies import concepts

SIZE = 50_000
_FIXED = ("/", "/solutions", "/programme", "/publishers", "/feeds", "/about", "/sources")
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def answer(services: Services, part: str) -> Response:
    """The whole, the index, or the part with this number.

    Raises SolutionNotFound for a part that is not there.
    """
    with services.database.read() as session:
        listed = SolutionRow.state == EntryState.LISTED
        count = session.scalar(select(func.count()).select_from(SolutionRow).where(listed)) or 0
        publishers = session.scalars(
            select(SolutionRow.publisher).where(listed, SolutionRow.publisher != "").distinct()
        )
        before = [
            *_FIXED,
            *(f"/programme/{code}" for code in concepts.scheme("project").concepts),
            *(f"/publishers/{slug}" for slug in sorted(publishers)),
        ]
        parts = -(-(count + len(before)) // SIZE)
        if not part and parts > 1:
            return _xml(
                services,
                "sitemapindex",
                "sitemap",
                entries=[(f"/sitemap.xml?part={number}", "") for number in range(1, parts + 1)],
            )
        number = 1
        if part:
            number = int(part) if part.isdecimal() and len(part) < 6 else 0
        if not 1 <= number <= parts:
            raise SolutionNotFound
        start = (number - 1) * SIZE
        pages = [(path, "") for path in before[start : start + SIZE]]
        query = select(SolutionRow.slug, SolutionRow.modified).where(listed).order_by(SolutionRow.id)
        rows = session.execute(query.offset(max(0, start - len(before))).limit(SIZE - len(pages))).all()
    return _xml(
        services,
        "urlset",
        "url",
        entries=[*pages, *((f"/solutions/{slug}", modified[:10]) for slug, modified in rows)],
    )


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
