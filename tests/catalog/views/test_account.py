"""Signing in is slow for those who guess.

Argon2, the same work for unknown names, limits by client and by name, and no way to another site.
"""

from __future__ import annotations

import statistics
import time

import pytest
from argon2 import PasswordHasher
from flask import Flask

from catalog.base.errors import BadForm
from catalog.base.tables import AccountRow
from catalog.operations.services import Services
from catalog.people import accounts
from tests.support.browser import Browser, words

PASSWORD = "correct horse battery"


@pytest.fixture
def account(services: Services) -> None:
    with services.database.write() as session:
        accounts.add(session, "Anna", PASSWORD)


@pytest.mark.usefixtures("account")
def test_a_password_is_kept_as_argon2_only(services: Services) -> None:
    with services.database.read() as session:
        row = accounts.named(session, "ANNA")
        assert row is not None
        assert (row.name, row.role) == ("anna", "operator")
        assert row.password.startswith("$argon2id$")
        assert accounts.verify(session, "anna ", PASSWORD) is row
        for name, password in (
            ("anna", PASSWORD + " "),
            ("anna", ""),
            ("otto", PASSWORD),
            ("", ""),
            ("a" * 5_000, PASSWORD),
            ("anna", "x" * 100_000),
        ):
            assert accounts.verify(session, name, password) is None


@pytest.mark.usefixtures("account")
def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher())  # with all the work it does in earnest
    accounts._nobody.cache_clear()
    with services.database.write() as session:
        accounts.change_password(session, "anna", PASSWORD)

    def seconds(name: str) -> float:
        begun = time.process_time()
        accounts.verify(session, name, "wrong password")
        return time.process_time() - begun

    with services.database.read() as session:
        seconds("anna"), seconds("otto")
        known, unknown = ([seconds(name) for _ in range(3)] for name in ("anna", "otto"))
    assert statistics.median(unknown) > statistics.median(known) / 2


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("", PASSWORD, "account-name"),
        ("a b", PASSWORD, "account-name"),
        ("x" * 81, PASSWORD, "account-name"),
        ("otto", "short", "password-short"),
        ("otto", "x" * 501, "password-long"),
        ("ANNA", PASSWORD, "account-taken"),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_is_no_account(services: Services, name: str, password: str, code: str) -> None:
    with services.database.write() as session, pytest.raises(BadForm) as refused:
        accounts.add(session, name, password)
    assert refused.value.code == code


@pytest.mark.usefixtures("account")
def test_a_new_password_ends_all_sessions(services: Services, app: Flask) -> None:
    browser = Browser(app)
    assert browser.sign_in().status_code == 303
    with services.database.write() as session:
        assert accounts.change_password(session, "anna", "another long password")
        assert not accounts.change_password(session, "otto", "another long password")
    assert browser.get("/operator").status_code == 303
    assert browser.sign_in().status_code == 401
    assert browser.sign_in(password="another long password").status_code == 303


@pytest.mark.usefixtures("account")
def test_an_old_hash_is_renewed(services: Services) -> None:
    with services.database.write() as session:
        row = accounts.named(session, "anna")
        assert row is not None
        row.password = old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with services.database.write() as session:
        assert accounts.verify(session, "anna", PASSWORD)
    with services.database.read() as session:
        renewed = session.get(AccountRow, 1)
        assert renewed is not None
        assert renewed.password != old


@pytest.mark.usefixtures("account")
def test_wrong_passwords_are_counted_by_client_and_by_name(app: Flask, limits: None) -> None:
    browser = Browser(app, address="192.0.2.1")
    assert [browser.sign_in(password="x").status_code for _ in range(6)] == [401] * 5 + [429]
    assert browser.sign_in().status_code == 429  # the right password does not help any more
    others = [
        Browser(app, address=f"192.0.2.{number}").sign_in(" ANNA ", password="x").status_code
        for number in range(2, 8)
    ]
    assert others == [429] * 6  # nor do other clients: the name is counted too
    assert Browser(app, address="192.0.2.20").sign_in("otto", password="x").status_code == 401


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/operator/runs?page=2", "/operator/runs?page=2"),
        ("", "/operator"),
        ("https://evil.example/", "/operator"),
        ("//evil.example/x", "/operator"),
        ("/\\evil.example", "/operator"),
        ("\t//evil.example", "/operator"),
        ("/\t/evil.example", "/operator"),
        ("javascript:alert(1)", "/operator"),
    ],
)
def test_one_returns_to_this_site_only(app: Flask, wanted: str, leads: str) -> None:
    answer = Browser(app).sign_in(next=wanted)
    assert answer.status_code == 303
    assert answer.headers["Location"] == leads


@pytest.mark.usefixtures("account")
def test_the_form_says_no_more_than_needed(app: Flask) -> None:
    browser = Browser(app)
    wrong, unknown = browser.sign_in(password="x"), browser.sign_in("otto", password="x")
    assert wrong.status_code == unknown.status_code == 401
    assert words(wrong).replace("anna", "") == words(unknown).replace("otto", "")
    assert wrong.headers["Cache-Control"] == "private, no-store"
    assert "Name oder Passwort ist falsch" in words(wrong)
