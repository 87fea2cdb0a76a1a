"""Who may do what: the roles, what each may, and the one function that decides.

Routes declare what they need (views/access.py).
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What something needs of whoever asks for it."""

    PUBLIC = "public"  # nothing
    PREVIEW = "preview"  # to see entries that wait or are hidden
    OPERATE = "operate"  # to decide about entries, addresses and sources, and to see how the instance is


class Role(StrEnum):
    """What somebody is to this instance."""

    VISITOR = "visitor"  # not signed in
    OPERATOR = "operator"


# What each role may.
_GRANTED: dict[Role, frozenset[Permission]] = {
    Role.VISITOR: frozenset((Permission.PUBLIC,)),
    Role.OPERATOR: frozenset((Permission.PUBLIC, Permission.PREVIEW, Permission.OPERATE)),
}
# The roles that an account can have.
OF_ACCOUNTS = (Role.OPERATOR,)


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission. One that this version does not know may what a visitor may."""
    known = Role(role) if role in _GRANTED else Role.VISITOR
    return permission in _GRANTED[known]
