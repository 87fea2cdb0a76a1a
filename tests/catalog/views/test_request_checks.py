"""Requests that no browser sends.

Every route answers them with a page and a fitting status, never with a fault of its own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from catalog import views
from catalog.changes.followers import follow_now
from catalog.operations.services import Services
from catalog.people import accounts
from catalog.views.limits import limiter
from tests.conftest import Sampled
from tests.support.browser import BASE, Browser

# As they stand in an address. NUL is what PostgreSQL refuses, 2^31 what its integers cannot hold, 2^63
# SQLite's.
NASTY = (
    "%00",
    "a%00b",
    "%0d%0aX-Evil:%201",
    "%0a",
    "%7f",
    "%1b[31m",
    "%ff",
    "%c3%28",
    "%ED%A0%80",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "'%22%3E%3Cscript%3E",
    "9" * 5000,
    "9" * 30,
    "9223372036854775808",
    "9223372036854775807",
    "2147483648",
    "2147483647",
    "-1",
    "0",
    "%D9%A1",
    "%C2%B2",
    "0010" + "9" * 5000,
    "0010" + "9" * 20,
    "//[",
    "[",
    "//[::1",
    "https:%2f%2f[",
    "%5C%5Cevil.example",
    "%EF%BF%BF",
    "%E2%80%AE",
    "%C4%B0" * 26,
    "%C5%89" * 13,
    "a" * 6000,
    "{0.__class__}",
    "%25s",
    "%",
)
NAMES = (
    "q",
    "lang",
    "page",
    "size",
    "sort",
    "after",
    "next",
    "part",
    "publisher",
    "topic",
    "round",
    "url",
    "v",
)
FIELDS = ("url", "name", "password", "next", "reason", "name_de", "licence")


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def asked(
    request: pytest.FixtureRequest, make_services: Callable[..., Services], tmp_path: Path
) -> Iterator[Flask]:
    """The application on either database, with an account."""
    url = request.getfixturevalue("empty_postgresql_url") if request.param == "PostgreSQL" else ""
    services = make_services(data_dir=tmp_path / "there", database_url=url)
    with services.database.write() as session:
        accounts.add(session, "anna", "correct horse battery")
    follow_now(services.database, services.followers, services.settings.data_dir)
    app = views.application(services)
    limiter.enabled = False
    yield app
    limiter.reset()


def path(rule: Rule, word: str) -> str:
    """The rule's address with the word in its gaps; a gap with a list of words takes its first."""
    made = rule.rule
    for name, converter in rule._converters.items():
        before, after = re.split(rf"<(?:[^<>]*:)?{name}>", made)
        made = before + (min(converter.items) if isinstance(converter, AnyConverter) else word) + after
    return made


def sane(answer: TestResponse, what: object) -> None:
    assert answer.status_code < 500 or answer.request.path == "/readyz", what
    assert "X-Evil" not in answer.headers, what
    assert not re.match(
        r"(https?:)?//(?!allmende\.example\.org(/|\?|$))", answer.headers.get("Location", "")
    ), what


def both(app: Flask) -> Callable[[Rule], Browser]:
    """Who asks for a rule: an operator who has signed in for the operators' own, a visitor for all others."""
    visitor, operator = Browser(app), Browser(app)
    assert operator.sign_in().status_code == 303
    return lambda rule: operator if rule.rule.startswith("/operator") else visitor


def pairs(rules: Iterable[Rule]) -> list[tuple[Rule, str]]:
    return list(itertools.product(sorted(rules, key=lambda rule: (rule.rule, rule.endpoint)), NASTY))


def test_no_address_breaks_a_page(asked: Flask, sampled: Sampled) -> None:
    browser = both(asked)
    rules = [rule for rule in asked.url_map.iter_rules() if rule.arguments]
    for rule, word in sampled(pairs(rules), 400):
        sane(browser(rule).get(path(rule, word)), (rule, word[:40]))


def test_no_argument_breaks_a_page(asked: Flask, sampled: Sampled) -> None:
    browser = both(asked)
    rules = [
        rule
        for rule in asked.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/static")
    ]
    for rule, word in sampled(pairs(rules), 200):
        there = path(rule, "de" if "language" in rule.rule else "1")
        every = "&".join(f"{name}={word}" for name in NAMES)
        sane(browser(rule).get(f"{there}?{every}"), (rule, word[:40]))
        if not re.match("%00|a%00", word):
            for name in NAMES[:7]:
                sane(browser(rule).get(f"{there}?{name}={word}&{name}={word}"), (rule, name, word[:40]))


def test_no_form_breaks_a_page(asked: Flask, sampled: Sampled) -> None:
    browser = both(asked)
    rules = [
        rule
        for rule in asked.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and "sign-out" not in rule.rule
    ]
    for rule, word in sampled(pairs(rules), 200):
        body = "&".join(f"{name}={word}" for name in FIELDS) + f"&csrf_token={browser(rule).token()}"
        given = {
            "data": body,
            "content_type": "application/x-www-form-urlencoded",
            "headers": {"Referer": BASE + "/"},
            "base_url": BASE,
        }
        for there in (path(rule, word), path(rule, "1")):
            sane(browser(rule).client.post(there, **given), (there[:60], word[:40]))


@pytest.mark.parametrize("host", ["a" * 64, "a" * 64 + ".example", "evil..example", "de-" * 500])
def test_a_host_that_is_none_gets_a_sentence(app: Flask, host: str) -> None:
    for address in ("/", "/solutions.json", "/sign-in", "/nowhere", "/operator"):
        answer = app.test_client().get(address, headers={"Host": host})
        assert (answer.status_code, answer.mimetype) == (400, "text/plain")
        assert host not in answer.text


def test_a_size_that_is_none_is_the_usual_one(services: Services, visitor: Browser) -> None:
    follow_now(services.database, services.followers, services.settings.data_dir)
    for size, found in (
        ("100", 100),
        ("101", 20),
        ("00501", 20),
        ("0010" + "9" * 30, 20),
        ("0", 20),
        ("-1", 20),
        ("²", 20),
    ):
        assert visitor.get(f"/solutions.json?size={size}").get_json()["size"] == found, size


def test_any_tag_at_all_is_no_proof_that_a_page_is_known(visitor: Browser) -> None:
    """`If-None-Match: *` once made 304 of what was never there."""
    for address, status in (("/solutions/nowhere", 404), ("/publishers/nobody", 404), ("/about", 200)):
        assert (
            visitor.client.get(address, base_url=BASE, headers={"If-None-Match": "*"}).status_code == status
        )
