"""The rate limits: counted in memory, for each process and each client network."""

from ipaddress import IPv6Address, IPv6Network

from flask import Flask, request
from flask_limiter import Limiter


def client() -> str:
    """Who asks: the address; of IPv6 its network, since whoever has one address of a /64 has them all."""
    said = request.remote_addr or ""
    try:
        address = IPv6Address(said.partition("%")[0])
    except ValueError:
        return said
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


class _RoutesOnly(Limiter):
    """Limits of some routes, which ask for themselves; none holds for all.

    Asking before every request too would take a fifth of a 304 and find nothing. How that is taken away is a
    private part of Flask-Limiter, so pyproject.toml bounds its version.
    """

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        before = app.before_request_funcs[None]
        before[:] = [call for call in before if call != self._check_request_limit]


limiter = _RoutesOnly(client, default_limits=[])
