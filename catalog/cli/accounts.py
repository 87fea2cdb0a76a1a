"""The command `user`: accounts are made, listed, given a new password and removed at the terminal only."""

from __future__ import annotations

import click

from catalog.base.errors import BadForm
from catalog.cli.commands import commands, opened, tell
from catalog.people.permissions import OF_ACCOUNTS, Role


@commands.group()
def user() -> None:
    """Local accounts."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in OF_ACCOUNTS]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="What the account may do.",
)
@click.password_option(help="The password; asked for if it is not given.")
def user_add(name: str, role: str, password: str) -> None:
    """Make an account; asks for its password."""
    from catalog.people import accounts

    with opened() as services:
        with services.database.write() as session:
            row = accounts.add(session, name, password, role=role)
        tell(
            "The account ‘{name}’ was made. Sign in at {address}.",
            name=row.name,
            address=f"{services.settings.base_url}/sign-in",
        )


@user.command("list")
def user_list() -> None:
    """All accounts."""
    from catalog.people import accounts

    with opened() as services, services.database.read() as session:
        for row in accounts.all_of(session):
            click.echo(f"{row.role:10} {row.created[:10]}  {row.name}")


@user.command("password")
@click.argument("name")
@click.password_option(help="The password; asked for if it is not given.")
def user_password(name: str, password: str) -> None:
    """Give an account a new password; it is signed out everywhere."""
    from catalog.people import accounts

    with opened() as services:
        with services.database.write() as session:
            there = accounts.change_password(session, name, password)
        _must(there)
        tell("The account ‘{name}’ has a new password and is signed out everywhere.", name=name)


@user.command("remove")
@click.argument("name")
def user_remove(name: str) -> None:
    """Remove an account; its sessions end at once. What it did stays on record."""
    from catalog.people import accounts

    with opened() as services:
        with services.database.write() as session:
            there = accounts.remove(session, name)
        _must(there)
        tell("The account ‘{name}’ was removed.", name=name)


def _must(there: bool) -> None:
    if not there:
        raise BadForm("no-account")
