"""A forge's listing: its pages, when they were sent, and the facts of each repository that are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from crawlers.faults import CrawlError
from crawlers.net.address import shown, split
from crawlers.net.http import Http, Response

MOST_PAGES = 1_000
_LINK = re.compile(r"<([^<>]*)>([^<]*)")  # RFC 8288
_NEXT = re.compile(r"""\brel="?next\b""", re.I)


def pages(url: str, http: Http, *, key: str = "") -> Iterator[tuple[list[dict[str, Any]], datetime]]:
    """The pages of a listing, and when the server sent each.

    With `key`, the list is the value of that name in the answer. Only the query of a link to the next page is
    used, so that no answer can lead to another host or path. CrawlError "not-json" or "truncated" for a
    listing that is none or does not end.
    """
    listing, _, query = url.partition("?")
    queries: set[str] = set()
    count = 0
    while query not in queries:
        if len(queries) == MOST_PAGES:
            raise CrawlError("truncated", url=shown(url))
        queries.add(query)
        response = http.get(f"{listing}?{query}")
        items = _items(response, key=key)
        yield items, date_sent(response.headers)
        if not items:
            return
        count += len(items)
        try:
            query = _next_query(response, query=query, count=count)
        except ValueError as error:  # a link that is no address, a page that is no number
            raise CrawlError("not-json", url=shown(url)) from error
        if not query:
            return
    raise CrawlError("not-json", url=shown(url))  # a page that leads back to an earlier one


def _items(response: Response, *, key: str) -> list[dict[str, Any]]:
    answer = response.json()
    if key and isinstance(answer, dict):
        answer = answer.get(key)
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise CrawlError("not-json", url=shown(response.url))
    return answer


def _next_query(response: Response, *, query: str, count: int) -> str:
    """The query of the next page, "" after the last: by Link, else X-Next-Page, else X-Total-Count."""
    headers = response.headers
    if "link" in headers:
        links = _LINK.findall(headers["link"])
        return next((urlsplit(url).query for url, parameters in links if _NEXT.search(parameters)), "")
    parameters = dict(parse_qsl(query))
    page = headers.get("x-next-page", "").strip()
    total = headers.get("x-total-count", "").strip()
    if not page and re.fullmatch(r"[0-9]{1,9}", total) and count < int(total):
        page = str(int(parameters.get("page", "1")) + 1)
    return urlencode({**parameters, "page": page}) if page else ""


def date_sent(headers: Mapping[str, str]) -> datetime:
    """The moment an answer was sent, by the server's clock."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return datetime.now(UTC)


# Facts


def state(pushed: object, branch: object, *, now: datetime, settled: timedelta) -> str:
    """A text that is equal as long as no push has come and HEAD names the same branch.

    "" if the last push is younger than `settled`, because the next one might then show the same time.

    >>> now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    >>> state("2026-02-03T10:00:00Z", "main", now=now, settled=timedelta(hours=2))
    '2026-02-03T10:00:00Z@main'
    >>> state("2026-02-03T10:00:01Z", "main", now=now, settled=timedelta(hours=2))
    ''
    """
    try:
        moment = datetime.fromisoformat(str(pushed))
        is_settled = now - moment >= settled
    except (TypeError, ValueError, OverflowError):
        return ""
    text = f"{pushed}@{branch or ''}"
    return text if is_settled and not re.search(r"\s", text) else ""


def selected_facts(
    data: Mapping[str, Any], names: tuple[str, ...], *, activity: tuple[str, ...]
) -> dict[str, Any]:
    """The named facts that are there, `a.b` from inside `a`; those that change daily, under "activity".

    >>> data = {"id": 1, "owner": {"login": "town", "id": 2}, "stars": 9, "x": 0}
    >>> selected_facts(data, ("id", "owner.login"), activity=("stars",))
    {'id': 1, 'owner': {'login': 'town'}, 'activity': {'stars': 9}}
    """
    facts: dict[str, Any] = {}
    for name in names:
        outer, _, inner = name.partition(".")
        if not inner:
            _add(facts, name, data.get(name))
        elif isinstance(part := data.get(outer), Mapping):
            _add(facts.setdefault(outer, {}), inner, part.get(inner))
    facts["activity"] = {}
    for name in activity:
        _add(facts["activity"], name, data.get(name))
    return {name: value for name, value in facts.items() if value != {}}


def _add(facts: dict[str, Any], name: str, value: object) -> None:
    """Add a value if it is plain: a text, a number, a truth value, or a list of texts; but nothing empty."""
    if isinstance(value, list):
        value = [item for item in value if isinstance(item, str)]
    if isinstance(value, str | bool | int | float | list) and value not in ("", []):
        facts[name] = value


def without_foreign_addresses(
    facts: dict[str, Any], addresses: tuple[str, ...], *, origin: str
) -> dict[str, Any]:
    """The facts without `addresses` of the repository at another host: no forge speaks for another."""
    host = split(origin).host
    foreign = {name for name in addresses if name in facts and urlsplit(str(facts[name])).hostname != host}
    return {name: value for name, value in facts.items() if name not in foreign}
