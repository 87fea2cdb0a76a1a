"""The command `allmende`. Each command opens only what it needs; what goes wrong is a sentence, never a stack trace."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from catalog import language
from catalog.cli import operating, reading
from catalog.cli.commands import commands, translator
from catalog.errors import STATUS, AllmendeError
from catalog.settings import SettingError, Settings
from crawlers.source import CrawlError

__all__ = ["main", "operating", "reading"]


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
    except BrokenPipeError:  # `allmende export | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"allmende: {': '.join(str(part) for part in (error.filename, error.strerror or error) if part)}")
    except CrawlError as error:
        sys.exit(f"allmende: {language.crawl_error(translator(), error.code, error.values)}")
    except AllmendeError as error:
        sys.exit(f"allmende: {translator().gettext(STATUS[type(error)][1], **error.values)}")
