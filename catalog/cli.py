"""The command `allmende`. Each command opens only what it needs; what goes wrong is a sentence, never a stack trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalog import language
from catalog.errors import STATUS, AllmendeError
from catalog.settings import SettingError, Settings, page, read
from crawlers.source import CrawlError

if TYPE_CHECKING:
    from catalog.harvest import Summary
    from catalog.services import Services


def main(create_app: Callable[[Settings], Any]) -> None:
    """Run the command line; `create_app` is handed in so that nothing here imports app.py."""
    try:
        commands.main(obj=create_app, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SettingError as error:
        sys.exit(f"allmende: {error}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("catalog", "crawlers", "vocabularies"):
            raise
        sys.exit("allmende: this command needs the server's packages: pip install 'allmende[server]'")
    except CrawlError as error:
        sys.exit(f"allmende: {language.crawl_error(_translator(), error.code, error.values)}")
    except AllmendeError as error:
        sys.exit(f"allmende: {_translator().gettext(STATUS[type(error)][1], **error.values)}")


def _translator(chosen: str = "") -> language.Translator:
    """German or English, by --lang or the terminal's LANG."""
    wanted = chosen or next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return language.translator("de" if wanted.lower().startswith("de") else "en")


@contextmanager
def _services() -> Iterator[Services]:
    from catalog.services import Services

    services = Services(read())
    try:
        yield services
    finally:
        services.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Allmende: the open-source software that public money has paid for, in one catalogue."""


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.pass_obj
def serve(create_app: Callable[[Settings], Any], host: str, port: int) -> None:
    """Site and worker in one process."""
    from catalog.serving import serve as run

    given: dict[str, Any] = {} if os.environ.get("ALLMENDE_BASE_URL") else {"base_url": f"http://127.0.0.1:{port}"}
    run(read(**given), create_app, host=host, port=port, say=click.echo)


@commands.command()
def worker() -> None:
    """Crawl what is due and keep the search index up to date; beside gunicorn, which serves the site."""
    from catalog.serving import work

    work(read())


@commands.command()
@click.argument("targets", nargs=-1, required=True)
@click.option("--lang", default="", help="de or en.")
def crawl(targets: tuple[str, ...], lang: str) -> None:
    """Read repositories, organisations or known sources now. The entries are on the site when it returns."""
    from catalog import sources
    from catalog.followers import follow_now, wait_for_index

    words, failed = _translator(lang), False
    with _services() as services:
        services.database  # noqa: B018  (opened first: a schema problem is said before anything is read)
        for target in targets:
            source = sources.find_or_add(services, target)
            click.echo(words.gettext("Reading {target} ...", target=target), err=True)
            conductor = services.harvest()
            conductor.progress = _bar()
            summary = conductor.run(source)
            if sys.stderr.isatty():
                click.echo("\r\033[K", nl=False, err=True)
            _report(summary, words)
            failed = failed or summary.error is not None or 0 < summary.found == summary.failed
        if not follow_now(services.database, services.index, services.settings):
            wait_for_index(services.database, services.index, seconds=30)
    sys.exit(1 if failed else 0)


def _bar() -> Callable[[Summary], None]:
    def show(summary: Summary) -> None:
        if sys.stderr.isatty():
            done = min(30, summary.found % 31)
            click.echo(
                f"\r[{'#' * done}{'.' * (30 - done)}] {summary.found} · new {summary.new} · changed {summary.changed} · {summary.bytes // 1024} kB",
                nl=False,
                err=True,
            )

    return show


def _report(summary: Summary, words: language.Translator) -> None:
    rows = (
        (words.gettext("repositories found"), summary.found), (words.gettext("new"), summary.new), (words.gettext("changed"), summary.changed),
        (words.gettext("unchanged"), summary.unchanged), (words.gettext("not listed (forks, templates, empty)"), summary.ignored),
        (words.gettext("could not be read"), summary.failed), (words.gettext("files with errors"), summary.problems),
        (words.gettext("requests"), summary.requests), (words.gettext("bytes"), summary.bytes),
    )  # fmt: skip
    for name, number in rows:
        click.echo(f"{words.number(number):>12}  {name}")
    for repository, code, values in summary.failures[:20]:
        click.echo(f"  ! {repository}: {language.crawl_error(words, code, values)}")
    if summary.error:
        click.echo("  ! " + language.crawl_error(words, *summary.error))


@commands.command()
@click.argument("targets", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--offline", is_flag=True, help="Make no request.")
@click.option("--lang", type=click.Choice(["de", "en"]), default=None)
def check(targets: tuple[str, ...], form: str, offline: bool, lang: str | None) -> None:
    """Say what is wrong with metadata files. Exit code 0: all valid, 1: errors, 2: something could not be read."""
    from catalog import check as checking

    sys.exit(checking.main(targets, form=form, offline=offline, words=_translator(lang or ""), say=click.echo, settings=read()))


@commands.command()
@click.argument("target")
def draft(target: str) -> None:
    """Print a first publiccode.yml from what a repository shows."""
    from catalog import check as checking

    click.echo(checking.draft(target, settings=read()), nl=False)


@commands.group()
def source() -> None:
    """The places that are crawled regularly."""


@source.command("list")
def source_list() -> None:
    """All sources with their state."""
    from catalog import sources

    words = _translator()
    with _services() as services:
        for row in sources.all_of(services):
            click.echo(f"{row.id:>5}  {row.state:8} {row.kind:10} {row.url}  {sources.health(row, words)}")


@source.command("add")
@click.argument("url")
def source_add(url: str) -> None:
    """Crawl this repository, organisation, group or instance from now on."""
    from catalog import sources

    with _services() as services:
        click.echo(sources.find_or_add(services, url))


def _source_state(number: int, state: str) -> None:
    from catalog import sources

    with _services() as services:
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

    with _services() as services, services.database.write() as session:
        accounts.add(session, name, password, role)


@commands.command()
@click.option("--format", "form", type=click.Choice(["ttl", "nt", "rdf", "jsonld", "trig"]), default="ttl", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write to a file instead of the terminal."
)
def export(form: str, output: Path | None) -> None:
    """The whole catalogue as RDF."""
    from catalog import feeds
    from catalog.whole_files import whole_file
    from vocabularies.serialising import serialise

    with _services() as services, services.database.read() as session:
        pieces = serialise(feeds.export(session, services.settings), form)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        with whole_file(output) as file:
            file.writelines(pieces)


@commands.group()
def index() -> None:
    """The search index."""


@index.command("rebuild")
def index_rebuild() -> None:
    """Make the search index anew from the database."""
    from catalog.followers import IndexFollower

    with _services() as services:
        IndexFollower(services.database, services.index, services.settings).rebuild()
        click.echo(len(services.index.ids()))


@commands.command()
def reread() -> None:
    """Read the stored texts again with this version's tables; makes no request."""
    from catalog import harvest
    from catalog.followers import follow_now

    with _services() as services:
        count, changed = harvest.reread(services.database, services.settings, services.sandbox)
        follow_now(services.database, services.index, services.settings)
    click.echo(f"{count} read, {changed} changed")


@commands.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything that is needed to begin again into one file, while Allmende runs."""
    from catalog import backup as backups

    with _services() as services:
        backups.backup(services, file)


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Begin again from a backup, in an empty DATA_DIR or database. Peers read the catalogue anew."""
    from catalog import backup as backups

    with _services() as services:
        backups.restore(services, file)


@commands.command()
def rebase() -> None:
    """After BASE_URL has changed: write all identifiers anew and begin a new epoch. The old address stays as an alias."""
    from catalog import rebasing
    from catalog.followers import follow_now

    with _services() as services:
        click.echo(rebasing.rebase(services))
        follow_now(services.database, services.index, services.settings)


@commands.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables to this version."""
    with _services() as services:
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

    with _services() as services:
        click.echo("{} solutions, {} sources".format(*seeding.load(services.database, services.settings)))
        follow_now(services.database, services.index, services.settings)
