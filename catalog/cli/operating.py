"""Commands for those who operate an instance: sources, accounts, index, backup, upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.settings import page

if TYPE_CHECKING:
    pass
from catalog.cli.commands import commands, opened, translator


@commands.group()
def source() -> None:
    """The places that are crawled regularly."""


@source.command("list")
def source_list() -> None:
    """All sources with their state."""
    from catalog import sources

    words = translator()
    with opened() as services:
        for row in sources.all_of(services):
            click.echo(f"{row.id:>5}  {row.state:8} {row.kind:10} {row.url}  {sources.health(row, words)}")


@source.command("add")
@click.argument("url")
def source_add(url: str) -> None:
    """Crawl this repository, organisation, group or instance from now on."""
    from catalog import sources

    with opened() as services:
        click.echo(sources.find_or_add(services, url))


def _source_state(number: int, state: str) -> None:
    from catalog import sources

    with opened() as services:
        sources.set_state(services, number, state)


@source.command("pause")
@click.argument("number", type=int)
def source_pause(number: int) -> None:
    """Leave a source alone for now."""
    _source_state(number, "paused")


@source.command("resume")
@click.argument("number", type=int)
def source_resume(number: int) -> None:
    """Crawl a paused source again."""
    _source_state(number, "active")


@source.command("remove")
@click.argument("number", type=int)
def source_remove(number: int) -> None:
    """Forget a source. Its entries stay."""
    _source_state(number, "removed")


@commands.group()
def user() -> None:
    """Local accounts."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["operator"]), default="operator", show_default=True)
@click.password_option()
def user_add(name: str, role: str, password: str) -> None:
    """Make an account; asks for its password."""
    from catalog import accounts

    with opened() as services, services.database.write() as session:
        accounts.add(session, name, password, role)


@commands.group()
def index() -> None:
    """The search index."""


@index.command("rebuild")
def index_rebuild() -> None:
    """Make the search index anew from the database."""
    from catalog.followers import IndexFollower

    with opened() as services:
        IndexFollower(services.database, services.index, services.settings).rebuild()
        click.echo(len(services.index.ids()))


@commands.command()
def reread() -> None:
    """Read the stored texts again with this version's tables; makes no request."""
    from catalog import rereading
    from catalog.followers import follow_now

    with opened() as services:
        count, changed = rereading.reread(services.database, services.settings, services.sandbox)
        follow_now(services.database, services.index, services.settings)
    click.echo(f"{count} read, {changed} changed")


@commands.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything that is needed to begin again into one file, while Allmende runs."""
    from catalog import backup as backups

    with opened() as services:
        backups.backup(services, file)


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Begin again from a backup, in an empty DATA_DIR or database. Peers read the catalogue anew."""
    from catalog import backup as backups

    with opened() as services:
        backups.restore(services, file)


@commands.command()
def rebase() -> None:
    """After BASE_URL has changed: write all identifiers anew and begin a new epoch. The old address stays as an alias."""
    from catalog import rebasing
    from catalog.followers import follow_now

    with opened() as services:
        click.echo(rebasing.rebase(services))
        follow_now(services.database, services.index, services.settings)


@commands.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables to this version."""
    with opened() as services:
        services.database  # noqa: B018  (opening it does it)
    click.echo("ok")


@commands.command()
def settings() -> None:
    """Print docs/settings.md."""
    click.echo(page(), nl=False)


@commands.command()
def mapping() -> None:
    """Print docs/mapping.md."""
    from vocabularies import mapping as mapped

    click.echo(mapped.page(), nl=False)


@commands.command()
def seed() -> None:
    """Put the curated solutions and the code places of the model projects into a fresh catalogue."""
    from catalog import seed as seeding
    from catalog.followers import follow_now

    with opened() as services:
        click.echo("{} solutions, {} sources".format(*seeding.load(services.database, services.settings)))
        follow_now(services.database, services.index, services.settings)
