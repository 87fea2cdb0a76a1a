"""A forge's listing: its pages, when they were sent, and the facts of each entry that are kept."""

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
    """The pages of a listing and when the server sent each; with `key`, the list stands under that name in the answer.

    Only the query of a link to the next page is followed, so that no answer can send us to another place.
    """
    listing, _, query = url.partition("?")
    asked: set[str] = set()
    count = 0
    while query not in asked:
        if len(asked) == MOST_PAGES:
            raise CrawlError("truncated", url=shown(url))
        asked.add(query)
        response = http.get(f"{listing}?{query}")
        found = _listed(response, key=key)
        yield found, sent(response.headers)
        count += len(found)
        try:
            following = _following(response, query=query, count=count) if found else ""
        except ValueError as error:  # a link that is no address, a page that is no number
            raise CrawlError("not-json", url=shown(url)) from error
        if not following:
            return
        query = following
    raise CrawlError("not-json", url=shown(url))  # a page that leads back to an earlier one


def _listed(response: Response, *, key: str) -> list[dict[str, Any]]:
    answer = response.json()
    if key and isinstance(answer, dict):
        answer = answer.get(key)
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise CrawlError("not-json", url=shown(response.url))
    return answer


def _following(response: Response, *, query: str, count: int) -> str:
    """The query of the next page, "" after the last one: as the Link header says, else X-Next-Page, else X-Total-Count."""
    headers = response.headers
    if "link" in headers:
        links = _LINK.findall(headers["link"])
        return next((urlsplit(url).query for url, said in links if _NEXT.search(said)), "")
    old = dict(parse_qsl(query))
    number = headers.get("x-next-page", "").strip()
    if (
        not number
        and re.fullmatch(r"[0-9]{1,9}", total := headers.get("x-total-count", "").strip())
        and count < int(total)
    ):
        number = str(int(old.get("page", "1")) + 1)
    return urlencode({**old, "page": number}) if number else ""


def sent(headers: Mapping[str, str]) -> datetime:
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
        old = now - moment >= settled
    except (TypeError, ValueError, OverflowError):
        return ""
    text = f"{pushed}@{branch or ''}"
    return text if old and not re.search(r"\s", text) else ""


def reduced(data: Mapping[str, Any], names: tuple[str, ...], *, activity: tuple[str, ...]) -> dict[str, Any]:
    """The named facts that are there, `a.b` from inside `a`; those of `activity`, which change daily, under that key.

    >>> reduced({"id": 1, "owner": {"login": "town", "id": 2}, "stars": 9, "x": 0}, ("id", "owner.login"), activity=("stars",))
    {'id': 1, 'owner': {'login': 'town'}, 'activity': {'stars': 9}}
    """
    kept: dict[str, Any] = {}
    for name in names:
        outer, _, inner = name.partition(".")
        if not inner:
            _keep(kept, name, data.get(name))
        elif isinstance(part := data.get(outer), Mapping):
            _keep(kept.setdefault(outer, {}), inner, part.get(inner))
    changing: dict[str, Any] = {}
    for name in activity:
        _keep(changing, name, data.get(name))
    kept["activity"] = changing
    return {name: value for name, value in kept.items() if value != {}}


def _keep(kept: dict[str, Any], name: str, value: object) -> None:
    if isinstance(value, list):
        value = [item for item in value if isinstance(item, str)]
    if isinstance(value, str | bool | int | float | list) and value not in ("", []):
        kept[name] = value


def own(facts: dict[str, Any], *, origin: str) -> dict[str, Any]:
    """The facts without addresses of the repository itself that lie at another host: of those no forge has anything to say."""
    host = split(origin).host
    names = ("html_url", "web_url", "clone_url", "http_url_to_repo")
    foreign = {name for name in names if name in facts and urlsplit(str(facts[name])).hostname != host}
    return {name: value for name, value in facts.items() if name not in foreign}
