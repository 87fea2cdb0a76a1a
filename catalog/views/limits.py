"""The rate limits: counted in memory, for each process and each client address."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address


class _RoutesOnly(Limiter):
    """No limit holds for all routes, and a route that has one asks for itself: asking before every request took a fifth of a 304 and found nothing."""

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        before = app.before_request_funcs[None]
        before[:] = [call for call in before if call != self._check_request_limit]


limiter = _RoutesOnly(get_remote_address, default_limits=[])
