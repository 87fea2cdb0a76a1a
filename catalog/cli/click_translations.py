"""The command line in German: click's own words and the commands' help, translated when a command starts.

English is what stands in the code.
"""

from __future__ import annotations

import errno
import inspect
from typing import Any

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from catalog.base.language import Translator

# click looks its words up as `_` in each of its modules, which is no public place: pyproject.toml bounds its
# version. gettext's own default domain would be one, but needs compiled files on a disk that may be
# read-only.
_MODULES: tuple[Any, ...] = (core, decorators, exceptions, formatting, parser, termui, types)
# What click says, as far as our commands let it say so.
_CLICK = (
    "Usage:",
    "Options",
    "Commands",
    "Show this message and exit.",
    "default: {default}",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "Missing argument",
    "Missing option",
    "No such command {name!r}.",
    "No such option {name!r}.",
    "Option {name!r} requires an argument.",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "Choose from:\n\t{choices}",
    "{value!r} is not one of {choices}.",
    "Got unexpected extra argument ({args})",
    "Got unexpected extra arguments ({args})",
    "{value!r} is not a valid {number_type}.",
    "{name} {filename!r} is a directory.",
    "Repeat for confirmation",
    "Error: The two entered values do not match.",
    "file",
)
_FILES = {
    errno.ENOENT: "There is no such file or folder.",
    errno.EACCES: "This account may not use it.",
    errno.EPERM: "This account may not use it.",
    errno.EISDIR: "This is a folder.",
    errno.ENOTDIR: "Part of the path is no folder.",
    errno.EROFS: "Nothing may be written there.",
    errno.ENOSPC: "The disk is full. Nothing was lost; please make room and try again.",
}


def speak(words: Translator, command: click.Command) -> None:
    """From now on click and this command, with all below it, speak this language."""
    for module in _MODULES:
        if hasattr(module, "_"):
            module._ = words.gettext
        if hasattr(module, "ngettext"):
            module.ngettext = lambda one, many, n: words.gettext(one if n == 1 else many)
    _speak(words, command)


def sentences(command: click.Command) -> list[str]:
    """All English texts that `speak` and `unusable` translate."""
    return [*_CLICK, *_FILES.values(), *helps(command)]


def unusable(words: Translator, error: OSError) -> str:
    """Which file could not be used, and why."""
    known = _FILES.get(error.errno or 0, "")
    why = words.gettext(known) if known else str(error.strerror or error)
    return f"{error.filename}: {why}" if error.filename else why


def helps(command: click.Command) -> list[str]:
    """The English help of a command, of its options, and of all below it."""
    texts = [text for text in map(_english, _helpful(command)) if text]
    for one in _below(command):
        texts += helps(one)
    return texts


def _speak(words: Translator, command: click.Command) -> None:
    for item in _helpful(command):
        item.help = words.gettext(_english(item)) or None
    for param in command.params:
        if isinstance(param.type, click.Path):
            param.type.name = words.gettext("file")
    for one in _below(command):
        _speak(words, one)


def _english(item: click.Command | click.Option) -> str:
    """The help as it stands in the code, kept when it is translated."""
    english: str = vars(item).setdefault("english", inspect.cleandoc(item.help or ""))
    return english


def _helpful(command: click.Command) -> list[click.Command | click.Option]:
    return [command, *(param for param in command.params if isinstance(param, click.Option))]


def _below(command: click.Command) -> list[click.Command]:
    return list(command.commands.values()) if isinstance(command, click.Group) else []
