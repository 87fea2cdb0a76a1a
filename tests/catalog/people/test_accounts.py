"""Accounts: Argon2, the same work for unknown names, and what is none."""

from __future__ import annotations

import statistics
import time

import pytest
from argon2 import PasswordHasher

from catalog.base.errors import BadForm
from catalog.base.tables import AccountRow
from catalog.operations.services import Services
from catalog.people import accounts

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
