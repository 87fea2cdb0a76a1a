"""The group that all commands join, and what they share: the terminal's language, the services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from catalog.base import language
from catalog.base.settings import read

if TYPE_CHECKING:
    from catalog.operations.services import Services


def translator(chosen: str = "") -> language.Translator:
    """German or English, by --lang or the terminal's LANG."""
    wanted = chosen or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return language.translator("de" if wanted.lower().startswith("de") else "en")


def tell(sentence: str, **values: str) -> None:
    """Tell whoever sits at the terminal what was done: on standard error, so that standard output stays what a script reads."""
    click.echo(translator().gettext(sentence, **values), err=True)


@contextmanager
def opened() -> Iterator[Services]:
    from catalog.operations.services import Services

    services = Services(read())
    try:
        yield services
    finally:
        services.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Allmende: the open-source software that public money has paid for, in one catalogue."""
