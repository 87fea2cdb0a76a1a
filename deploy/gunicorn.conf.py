"""gunicorn for the site: `gunicorn --config deploy/gunicorn.conf.py 'app:create_app()'`.

The worker is a process of its own: `allmende worker`. Everything that differs from place to place comes from
the environment (docs/settings.md).
"""

import os
import sys

from gunicorn.arbiter import Arbiter

bind = os.environ.get("GUNICORN_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8

# A registration reads a repository for at most 20 seconds before it answers.
timeout = 60
graceful_timeout = 30
keepalive = 5

# Each process opens its own database connections and its own view of the search index.
preload_app = False
# gunicorn's heartbeat file, made by mkstemp.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108

# systemd and compose do the managing; a socket in the home directory is one more door.
control_socket_disable = True

# How many proxies to believe is ALLMENDE_TRUSTED_PROXIES alone; gunicorn believes no X-Forwarded header.
forwarded_allow_ips = ""
limit_request_line = 4094
limit_request_fields = 60

# Allmende writes a line for each request itself, without addresses and search words.
accesslog = None
errorlog = "-"
# What gunicorn itself says (that it starts, that a process died) as the same JSON lines.
logconfig_dict = {
    "root": {"level": "INFO", "handlers": ["lines"]},
    "loggers": {
        "gunicorn.error": {
            "level": "INFO",
            "handlers": ["lines"],
            "propagate": False,
            "qualname": "gunicorn.error",
        }
    },
    "handlers": {
        "lines": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}
    },
    "formatters": {"lines": {"()": "catalog.base.json_logs.JsonLines"}},
}


def on_starting(server: Arbiter) -> None:
    """Settings that cannot be used end gunicorn with their sentence, before there is a worker."""
    from catalog.base.errors import SettingError
    from catalog.base.settings import read

    try:
        read()
    except SettingError as error:
        server.log.critical("%s", error)
        sys.exit(1)


def post_worker_init(worker: object) -> None:
    """JSON lines on standard error, as `allmende serve` writes them."""
    from catalog.base import json_logs

    json_logs.configure(os.environ.get("ALLMENDE_LOG_LEVEL", "INFO"))
