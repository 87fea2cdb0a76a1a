"""`serve` and `worker`: start in the right order, end cleanly. Site and worker in one process by default."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from catalog.base import json_logs
from catalog.base.errors import SettingError
from catalog.base.settings import Settings
from catalog.changes.followers import Following
from catalog.harvesting import seed
from catalog.operations.services import Services
from catalog.operations.worker import Worker

_LOG = logging.getLogger("allmende")
_ARENA_MAX = -8  # M_ARENA_MAX of mallopt(3)


def serve(
    settings: Settings,
    create_app: Callable[[Settings], Any],
    *,
    host: str,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Serve until a signal comes.

    The address is said when every page answers; sources are read in the background.
    """
    _keep_freed_memory_together()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    json_logs.configure(
        settings.log_level, beside=settings.data_dir / "allmende.log" if sys.stderr.isatty() else None
    )
    app = create_app(settings)
    services: Services = app.extensions["allmende"]
    server = _server(services, app, host=host, port=port)
    stop = _told_to_stop()
    following, worker = _start(services)
    thread = threading.Thread(target=_answer, args=(server, stop), name="site", daemon=True)
    thread.start()  # before the index is there: it may have to be made anew first, and pages need not wait
    _begin(worker, following, stop)
    if not stop.is_set():
        say(settings.base_url)
    stop.wait()
    server.close()
    worker.stop()
    following.stop()
    services.close()


def _server(services: Services, app: Any, *, host: str, port: int) -> Any:
    from waitress.server import create_server

    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=8,
            ident="Allmende",
            clear_untrusted_proxy_headers=not services.settings.trusted_proxies,
        )
    except OSError as error:
        services.close()
        raise SettingError(
            "port-in-use",
            port=port,
            said=error.strerror or "",
            next=port + 1,
        ) from None


def _answer(server: Any, stop: threading.Event) -> None:
    """Answer requests until the server is closed, which the loop notices by its socket."""
    try:
        server.run()
    except OSError:
        if not stop.is_set():
            raise


def _keep_freed_memory_together() -> None:
    """glibc keeps what threads free in eight places for each core, each as large as it ever was.

    Two are enough for threads that wait for one another anyway; elsewhere than with glibc nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def _told_to_stop() -> threading.Event:
    """Set by a signal from now on: whoever is told while an index is made anew need not be killed."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _start(services: Services) -> tuple[Following, Worker]:
    """Seed, and begin to follow; the worker waits for `_begin`."""
    if services.settings.seed:
        added = seed.load(services.database, services.settings)
        if added != (0, 0):
            _LOG.info("seeded %s solutions and %s sources", *added)
    following = Following(services.database, services.followers, services.settings.data_dir)
    following.start()
    return following, Worker(services, wake_followers=following.wake)


def _begin(worker: Worker, following: Following, stop: threading.Event) -> None:
    """Crawl as soon as the followers have caught up, unless told to stop meanwhile."""
    while not stop.is_set():
        if following.caught_up.wait(0.1):
            worker.start()
            return


def work(settings: Settings) -> None:
    """The worker alone, until a signal comes."""
    json_logs.configure(settings.log_level)
    services = Services(settings)
    stop = _told_to_stop()
    following, worker = _start(services)
    _begin(worker, following, stop)
    stop.wait()
    worker.stop()
    following.stop()
    services.close()
