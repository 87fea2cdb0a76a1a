"""The command `allmende`. Each command opens only what it needs; what goes wrong is a sentence, never a stack trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from catalog.base import language
from catalog.base.errors import STATUS, AllmendeError, BadForm
from catalog.base.settings import SettingError, Settings
from catalog.cli import accounts, click_translations, crawling, operating, reading
from catalog.cli.commands import commands, translator
from crawlers.faults import CrawlError

__all__ = ["accounts", "crawling", "main", "operating", "reading"]


def main(create_app: Callable[[Settings], Any]) -> None:
    """Run the command line; `create_app` is handed in so that nothing here imports app.py."""
    words = translator()
    click_translations.speak(words, commands)
    try:
        commands.main(obj=create_app, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("catalog", "crawlers", "vocabularies"):
            raise
        sys.exit(
            "allmende: "
            + words.gettext("This command needs the server's packages: pip install 'allmende[server]'")
        )
    except BrokenPipeError:  # `allmende export | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (SettingError, OSError, CrawlError, AllmendeError) as error:
        sys.exit(f"allmende: {_sentence(words, error)}")


def _sentence(words: language.Translator, error: SettingError | OSError | CrawlError | AllmendeError) -> str:
    """What went wrong, in the terminal's language."""
    if isinstance(error, SettingError):
        return language.setting_error(words, error.sentence, error.values)
    if isinstance(error, OSError):
        return click_translations.unusable(words, error)
    if isinstance(error, CrawlError):
        return language.crawl_error(words, error.code, error.values)
    if isinstance(error, BadForm):
        return language.refused(words, error.values)
    return words.gettext(STATUS[type(error)][1], **error.values)
