"""Signing in over HTTP: limits by client and by name, and no way to another site."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog.operations.services import Services
from catalog.people import accounts
from tests.support.browser import Browser, words

PASSWORD = "correct horse battery"


@pytest.fixture
def account(services: Services) -> None:
    with services.database.write() as session:
        accounts.add(session, "Anna", PASSWORD)


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
