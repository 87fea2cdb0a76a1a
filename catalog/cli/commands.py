"""The group that all commands join, and what they share: the terminal's language, the services."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import click

from catalog.base import language
from catalog.base.settings import read

if TYPE_CHECKING:
    from catalog.operations.services import Services

Command = TypeVar("Command", bound=Callable[..., Any])


# What --lang says, for all that this command tells from then on.
_CHOSEN: ContextVar[str] = ContextVar("language", default="")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # of POSIX, the first that is set counts


def choose_language(code: str) -> None:
    """From now on `translator` gives this one; the terminal's own for ""."""
    _CHOSEN.set(code)


def translator() -> language.Translator:
    """German or English: the language that was chosen, else the terminal's."""
    variables = (os.environ[name] for name in _VARIABLES if os.environ.get(name))
    wanted = _CHOSEN.get() or next(variables, "")
    return language.translator("de" if wanted.lower().startswith("de") else "en")


def language_option(help: str = "The language; else the terminal's.") -> Callable[[Command], Command]:
    """The option --lang, which takes effect before the command begins."""
    return click.option(
        "--lang",
        type=click.Choice(["de", "en"]),
        default=None,
        expose_value=False,
        callback=lambda context, option, code: choose_language(code or ""),
        help=help,
    )


def tell(sentence: str, **values: str) -> None:
    """Tell whoever sits at the terminal what was done.

    On standard error, so that standard output stays what a script reads.
    """
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
