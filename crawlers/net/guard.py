"""Where a crawler may go: every address is judged here before a name is looked up, and again before a socket is opened."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import unquote

import msgspec
import ssrfguard

from crawlers.faults import CrawlError
from crawlers.net.address import Address, shown, split

Lookup = Callable[..., Any]  # the shape of socket.getaddrinfo

LOOKUP_SECONDS = 10.0
PUBLIC_PORTS = (80, 443)
_ATTEMPTS = 3
# Only 2000::/3 is the internet of IPv6. The rest is refused as a whole, so that a forgotten form (::ffff:0:127.0.0.1 of RFC 2765
# passes ssrfguard 0.4.1) is refused too; the table's narrower rows still decode NAT64 and the like.
_NOT_GLOBAL = tuple(
    ssrfguard.Block(IPv6Network(network), "not global unicast", "RFC4291", ssrfguard.Reach.DENIED)
    for network in ("::/3", "4000::/2", "8000::/1")
)
_DENIED = ssrfguard.AddressTable((*ssrfguard.DEFAULT_DENIED.blocks, *_NOT_GLOBAL))


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator allows, and the manners.

    `allowed_private_hosts` holds `host:port`; these alone may be private and may be read without TLS. `fetch_from` holds
    (prefix, prefix to fetch from instead); the longest wins, and what is named never changes. `tokens` maps a host (with
    its port where that is not 443) to the value of its Authorization header. Times are seconds; `patience` is how long one
    request may wait before it is sent or sent again. `certificates` is a file of certificate authorities instead of the usual.
    """

    user_agent: str = "Allmende/0.1 (+https://github.com/allmende/allmende)"
    allowed_private_hosts: tuple[str, ...] = ()
    fetch_from: tuple[tuple[str, str], ...] = ()
    tokens: dict[str, str] = {}
    requests_per_second: float = 1.0
    burst: int = 4
    retries: int = 3
    patience: float = 20.0
    certificates: str = ""

    def __repr__(self) -> str:  # a token must not reach a log or a traceback
        return f"Policy(user_agent={self.user_agent!r}, tokens for {sorted(self.tokens)})"


class Guard:
    """Judges addresses by one policy, and refuses with a CrawlError. A policy that cannot be meant is a ValueError."""

    def __init__(self, policy: Policy, *, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._public = ssrfguard.Policy(
            allowed_schemes=frozenset({"https"}),
            allowed_ports=frozenset(PUBLIC_PORTS),
            denied_networks=_DENIED,
            max_connection_attempts=_ATTEMPTS,
        )
        self._private = dict(_private(entry) for entry in policy.allowed_private_hosts)
        pairs = [(_prefix(named), _prefix(fetched)) for named, fetched in policy.fetch_from]
        self._there = sorted(pairs, key=lambda pair: -len(pair[0]))
        self._back = sorted(pairs, key=lambda pair: -len(pair[1]))
        for _, fetched in pairs:
            try:
                self.check(fetched)
            except CrawlError as error:
                raise ValueError(
                    f"fetch_from leads to {fetched}, which is neither https nor in allowed_private_hosts"
                ) from error

    def check(self, url: str) -> Address:
        """Everything that can be said about an address without looking its name up."""
        address = split(url)
        if any(unquote(segment) in (".", "..") for segment in address.path.split("/")):
            raise CrawlError("no-url", url=shown(url))
        if self.is_private(address) and address.scheme in ("http", "https"):
            return address
        if address.scheme != "https":
            raise CrawlError("not-https", url=shown(url))
        if address.port not in PUBLIC_PORTS:
            raise CrawlError("forbidden-port", host=address.host, port=address.port)
        try:
            self._public.check_url(address.origin + "/")
        except ssrfguard.SSRFGuardError as error:
            raise CrawlError("forbidden-address", host=address.host) from error
        if (
            "." not in address.host and ":" not in address.host
        ):  # a name of the local network, or of a search domain
            raise CrawlError("forbidden-address", host=address.host)
        return address

    def is_private(self, address: Address) -> bool:
        """Whether the operator has listed this very host and port."""
        return (address.host, address.port) in self._private

    def target(self, url: str) -> str:
        """The address to fetch instead of the named one, both checked."""
        named = str(self.check(url))
        for prefix, fetched in self._there:
            if named.startswith(prefix):
                return str(self.check(fetched + named.removeprefix(prefix)))
        return named

    def named(self, target: str) -> str:
        """The way back from `target`, as far as a prefix is known."""
        for prefix, fetched in self._back:
            if target.startswith(fetched):
                return prefix + target.removeprefix(fetched)
        return target

    def check_hop(self, before: str, after: str) -> None:
        """Refuse a redirect (both ends are targets) out of TLS, into a listed private host, or out of one.

        A listed host may lead to TLS on the same host, if that port is listed too.
        """
        old, new = self.check(before), self.check(after)
        if old.scheme == "https" and new.scheme != "https":
            raise CrawlError("not-https", url=shown(after))
        same = old.host == new.host and (
            old.port == new.port or (old.scheme, new.scheme) == ("http", "https")
        )
        if (self.is_private(old) or self.is_private(new)) and not (same and self.is_private(new)):
            raise CrawlError("forbidden-address", host=new.host)

    def rules(self, address: Address) -> ssrfguard.Policy:
        """The rules for connections to `address`: a listed host has rules of its own, for that host and port only."""
        return self._private.get((address.host, address.port), self._public)

    def resolve(self, target: str) -> tuple[str, ...]:
        """The checked IP addresses of a target; CrawlError if there are none or if a single one is forbidden."""
        address = self.check(target)
        rules = self.rules(address)
        try:
            found = ssrfguard.resolve(
                rules.check_url(address.origin + "/"), policy=rules, resolver=self.look_up
            )
        except ssrfguard.SSRFGuardError as error:
            raise CrawlError("forbidden-address", host=address.host) from error
        except OSError as error:
            raise lookup_failed(error, host=address.host) from error
        return tuple(str(answer.ip) for answer in found[:_ATTEMPTS])

    def look_up(self, *question: Any) -> Any:
        """`socket.getaddrinfo` with an end: the platform's has no timeout, and who owns a name server may answer slowly."""
        answer: list[Any] = []

        def ask() -> None:
            try:
                answer.append(self._lookup(*question))
            except Exception as error:  # handed over to the thread that asked
                answer.append(error)

        thread = threading.Thread(target=ask, daemon=True, name="look up a host")
        thread.start()
        thread.join(LOOKUP_SECONDS)
        if not answer:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        if isinstance(answer[0], OSError):
            raise answer[0]
        if isinstance(answer[0], Exception):  # UnicodeError from a name the platform cannot encode
            raise socket.gaierror(socket.EAI_NONAME, "no such name") from answer[0]
        return answer[0]


def lookup_failed(error: BaseException | None, *, host: str) -> CrawlError:
    """A name server that does not answer is no proof that there is no such name."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return CrawlError("unreachable", host=host, reason="its name could not be looked up")
    return CrawlError("unknown-host", host=host)


def _private(entry: str) -> tuple[tuple[str, int], ssrfguard.Policy]:
    try:
        address = split(f"https://{entry}/")
    except CrawlError as error:
        raise ValueError(f"{entry!r} in allowed_private_hosts is not of the form host:port") from error
    if address.path != "/" or address.query:
        raise ValueError(f"{entry!r} in allowed_private_hosts is not of the form host:port")
    everything = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    rules = ssrfguard.Policy(
        allowed_networks=everything,
        allowed_ports=frozenset({address.port}),
        allowed_hosts=frozenset({address.host}),
        max_connection_attempts=_ATTEMPTS,
    )
    return (address.host, address.port), rules


def _prefix(url: str) -> str:
    try:
        return str(split(url))
    except CrawlError as error:
        raise ValueError(f"{url!r} in fetch_from is no web address") from error
