"""Allmende's entrance.

`create_app(settings)` wires the rooms into a Flask application; `main` is the command `allmende`.
"""

from __future__ import annotations

import sys

from catalog import cli


def create_app(settings=None):  # type: ignore[no-untyped-def]
    """The site as a WSGI application, for gunicorn: `gunicorn 'app:create_app()'`.

    Settings come from the environment unless given.
    """
    from catalog import views
    from catalog.base.settings import read
    from catalog.operations.services import Services

    return views.application(Services(settings or read()))


def main() -> None:
    """The command `allmende`."""
    cli.main(create_app)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.argv.append("serve")
    main()
