"""Commands that serve, check and give out: serve, worker, check, draft, export."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from catalog.base.settings import Settings, read
from catalog.cli.commands import commands, language_option, opened, translator


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.pass_obj
def serve(create_app: Callable[[Settings], Any], host: str, port: int) -> None:
    """Site and worker in one process."""
    from catalog.operations.serve import serve as run

    given: dict[str, Any] = (
        {} if os.environ.get("ALLMENDE_BASE_URL") else {"base_url": f"http://127.0.0.1:{port}"}
    )
    words = translator()

    def say(address: str) -> None:
        click.echo(words.gettext("Allmende is running at {address}  (Ctrl+C ends it)", address=address))

    run(read(**given), create_app, host=host, port=port, say=say)


@commands.command()
def worker() -> None:
    """Crawl what is due and keep the search index up to date; beside gunicorn, which serves the site."""
    from catalog.operations.serve import work

    work(read())


@commands.command()
@click.argument("targets", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="For people, for machines, or for a forge.",
)
@click.option("--offline", is_flag=True, help="Make no request.")
@language_option()
def check(targets: tuple[str, ...], form: str, offline: bool) -> None:
    """Say what is wrong with metadata files.

    Exit code 0: all valid, 1: errors, 2: something could not be read.
    """
    from catalog.checking import check as checking

    code = checking.main(
        targets,
        form=form,
        offline=offline,
        words=translator(),
        say=click.echo,
        settings=read(),
    )
    sys.exit(code)


@commands.command()
@click.argument("target")
@language_option("The language of the comments; else the terminal's.")
def draft(target: str) -> None:
    """Print a first publiccode.yml from what a repository shows."""
    from catalog.checking import check as checking

    click.echo(checking.draft(target, settings=read(), words=translator()), nl=False)


@commands.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["ttl", "nt", "rdf", "jsonld", "trig"]),
    default="ttl",
    show_default=True,
    help="The form of RDF.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write to a file instead of the terminal.",
)
def export(form: str, output: Path | None) -> None:
    """The whole catalogue as RDF."""
    from catalog.base.atomic_files import whole_file
    from catalog.outlets.export import lines
    from vocabularies.rdf.turtle import serialise

    with opened() as services, services.database.read() as session:
        pieces = serialise(lines(session), form)
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        with whole_file(output) as file:
            file.writelines(pieces)
