"""The command `allmende`.

Each command opens only what it needs; what goes wrong is a sentence, never a stack trace.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from catalog.base import language
from catalog.base.settings import Settings
from catalog.cli import accounts, click_translations, crawling, operating, reading
from catalog.cli.commands import choose_language, commands, translator
from crawlers.faults import FaultError

__all__ = ["accounts", "crawling", "main", "operating", "reading"]


def main(create_app: Callable[[Settings], Any]) -> None:
    """Run the command line; `create_app` is handed in so that nothing here imports app.py."""
    choose_language("")
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
        needed = translator().gettext(
            "This command needs the server's packages: pip install 'allmende[server]'"
        )
        sys.exit(f"allmende: {needed}")
    except BrokenPipeError:  # `allmende export | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"allmende: {click_translations.unusable(translator(), error)}")
    except FaultError as error:
        sys.exit(f"allmende: {language.sentence(translator(), error)}")
