"""Local accounts: who may sign in.

Passwords are argon2 hashes; an unknown name costs as much time as a wrong password.
"""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.base import clock
from catalog.base.errors import BadForm
from catalog.base.tables import AccountRow
from catalog.people.permissions import OF_ACCOUNTS, Role

SHORTEST, LONGEST = 12, 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")
_HASHER = PasswordHasher()


def add(session: Session, name: str, password: str, *, role: str = Role.OPERATOR) -> AccountRow:
    """A new account. Raises BadForm if name, role or password will not do."""
    name = normal(name)
    if not _NAME.fullmatch(name):
        raise BadForm("account-name")
    if role not in OF_ACCOUNTS:
        raise BadForm("no-role")
    if named(session, name) is not None:
        raise BadForm("account-taken")
    row = AccountRow(name=name, password=_hashed(password), role=role, created=clock.now())
    session.add(row)
    session.flush()
    return row


def change_password(session: Session, name: str, password: str) -> bool:
    """A new password, which signs the account out everywhere. Whether there is such an account.

    Raises BadForm.
    """
    hashed = _hashed(password)
    row = named(session, name)
    if row is not None:
        row.password = hashed
        row.sessions = row.sessions + 1
    return row is not None


def remove(session: Session, name: str) -> bool:
    """Whether there was such an account; its sessions end at once."""
    row = named(session, name)
    if row is not None:
        session.delete(row)
    return row is not None


def all_of(session: Session) -> list[AccountRow]:
    """All accounts, by name."""
    return list(session.scalars(select(AccountRow).order_by(AccountRow.name)))


def named(session: Session, name: str) -> AccountRow | None:
    """The account of this name, upper and lower case being the same."""
    return session.scalars(select(AccountRow).where(AccountRow.name == normal(name))).first()


def verify(session: Session, name: str, password: str) -> AccountRow | None:
    """The account, if the password is its own. An old kind of hash is renewed: give a writing session."""
    row = named(session, name) if len(name) <= 80 else None
    try:
        _HASHER.verify(row.password if row is not None else _nobody(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return None
    if row is not None and _HASHER.check_needs_rehash(row.password):
        row.password = _HASHER.hash(password)
    return row


def sign_out_everywhere(session: Session, account: int) -> None:
    """All sessions of the account end at their next request."""
    row = session.get(AccountRow, account)
    if row is not None:
        row.sessions += 1


def normal(name: str) -> str:
    """How a name is stored and counted."""
    return name.strip().lower()


def _hashed(password: str) -> str:
    if len(password) < SHORTEST:
        raise BadForm("password-short")
    if len(password) > LONGEST:
        raise BadForm("password-long")
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """The hash that stands in for an account that does not exist; nobody has its password."""
    import secrets

    return _HASHER.hash(secrets.token_urlsafe(32))
