"""Commands for those who operate an instance: sources, accounts, index, backup, upgrade."""

from __future__ import annotations

from pathlib import Path

import click

from catalog.base.errors import BadForm
from catalog.base.settings import page
from catalog.cli.commands import commands, opened, tell, translator

COMMAND_LINE = "allmende"  # who did it, in the list of what was done


@commands.group()
def source() -> None:
    """The places that are crawled regularly."""


@source.command("list")
def source_list() -> None:
    """All sources with their state."""
    from catalog.harvesting import sources

    words = translator()
    with opened() as services, services.database.read() as session:
        for row in sources.all_of(session):
            click.echo(f"{row.id:>5}  {row.state:8} {row.kind:10} {row.url}  {sources.health(row, words)}")


@source.command("add")
@click.argument("url")
def source_add(url: str) -> None:
    """Crawl this repository, organisation, group or instance from now on."""
    with opened() as services:
        number = services.source(url)
    click.echo(number)
    _change(number, "now", "The source is read as soon as a worker is free.")


def _change(number: int, action: str, done: str) -> None:
    from catalog.entries import moderation

    with opened() as services, services.database.write() as session:
        moderation.set_source(session, number, action, account=COMMAND_LINE)
    tell(done)


@source.command("pause")
@click.argument("number", type=int)
def source_pause(number: int) -> None:
    """Leave a source alone for now."""
    _change(number, "pause", "The source is left alone for now.")


@source.command("resume")
@click.argument("number", type=int)
def source_resume(number: int) -> None:
    """Crawl a paused source again."""
    _change(number, "resume", "The source is read again.")


@source.command("remove")
@click.argument("number", type=int)
def source_remove(number: int) -> None:
    """Forget a source. Its entries stay."""
    _change(number, "remove", "The source was removed; its entries stay.")


@commands.command()
@click.argument("address", default="")
@click.option(
    "--same",
    is_flag=True,
    help="It is the same software: its entry goes on with the repository that stands there now.",
)
@click.option(
    "--other",
    default="",
    metavar="REASON",
    help="It is other software: the old entry is withdrawn with this reason, the new repository gets one.",
)
def release(address: str, same: bool, other: str) -> None:
    """Decide about an address that is left alone because another repository stands there now.

    Without an address, show all of them.
    """
    from catalog.entries import takeover

    if not address:
        with opened() as services, services.database.read() as session:
            for one in takeover.all_of(session):
                click.echo(f"{one.url}  {one.since[:10]}  {' '.join(one.numbers)}")
        return
    if same == bool(other):
        raise BadForm("same-or-other")
    with opened() as services, services.database.write() as session:
        if same:
            takeover.keep_on(session, address, account=COMMAND_LINE)
        else:
            takeover.let_go(session, address, reason=other, account=COMMAND_LINE, settings=services.settings)
    tell("The address is read again as soon as a worker is free.")


@commands.group()
def index() -> None:
    """The search index."""


@index.command("rebuild")
def index_rebuild() -> None:
    """Make the search index anew from the database."""
    from catalog.changes.followers import rebuild
    from catalog.search.follower import IndexFollower

    with opened() as services:
        rebuild(services.database, IndexFollower(services.index, services.settings))
        click.echo(len(services.index.ids()))
    tell("So many solutions are in the new index.")


@commands.command()
def reread() -> None:
    """Read the stored texts again with this version's tables; makes no request."""
    from catalog.changes.followers import follow_now
    from catalog.harvesting import reread

    with opened() as services:
        count, changed = reread.reread(services.database, services.settings, services.sandbox)
        follow_now(services.database, services.followers, services.settings.data_dir)
    words = translator()
    click.echo(
        words.gettext(
            "{count} read, {changed} changed", count=words.number(count), changed=words.number(changed)
        )
    )


@commands.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything that is needed to begin again into one file, while Allmende runs."""
    from catalog.operations import backup as backups

    with opened() as services:
        manifest = backups.backup(services, file)
    rows = sum(table.rows for table in manifest.tables.values())
    size = file.stat().st_size
    words = translator()
    tell(
        "{file} holds {rows} rows in {size} kB. Keep it safe: it "
        "contains password hashes and the signing key.",
        file=str(file),
        rows=words.number(rows),
        size=words.number(-(-size // 1000)),
    )


@commands.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Begin again from a backup, in an empty DATA_DIR or database. Peers read the catalogue anew."""
    from catalog.operations import backup as backups

    with opened() as services:
        restored = backups.restore(services, file)
    words = translator()
    tell(
        "Rows restored: {rows}; solutions published: {count}. Now start the site and the worker.",
        rows=words.number(restored.rows),
        count=words.number(restored.solutions),
    )


@commands.command()
def rebase() -> None:
    """After BASE_URL has changed: write all identifiers anew and begin a new epoch.

    The old address stays as an alias.
    """
    from catalog.changes.followers import follow_now
    from catalog.operations import rebase

    with opened() as services:
        click.echo(rebase.rebase(services))
        follow_now(services.database, services.followers, services.settings.data_dir)
    tell("So many solutions got their new identifier.")


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
    from catalog.changes.followers import follow_now
    from catalog.harvesting import seed as seeding

    with opened() as services:
        solutions, places = seeding.load(services.database, services.settings)
        click.echo(
            translator().gettext(
                "{solutions} solutions, {sources} sources", solutions=solutions, sources=places
            )
        )
        follow_now(services.database, services.followers, services.settings.data_dir)
