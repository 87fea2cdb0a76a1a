"""Which addresses may be fetched: checked before a name is looked up, and again before a socket is opened."""

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
# Only 2000::/3 is global unicast. The rest of IPv6 is refused as a whole, so that a form which the table
# lacks (::ffff:0:127.0.0.1 of RFC 2765 passes ssrfguard 0.4.1) is refused too; the table's narrower rows
# still decode NAT64 and the like.
_NOT_GLOBAL = tuple(
    ssrfguard.Block(
        network=IPv6Network(network),
        name="not global unicast",
        rfc="RFC4291",
        reach=ssrfguard.Reach.DENIED,
    )
    for network in ("::/3", "4000::/2", "8000::/1")
)
_DENIED = ssrfguard.AddressTable((*ssrfguard.DEFAULT_DENIED.blocks, *_NOT_GLOBAL))


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator allows, and the pace of requests.

    `allowed_private_hosts` holds `host:port`; only these may be private, and only these may be read without
    TLS. `fetch_from` holds (prefix, prefix to fetch from instead); the longest wins, and records keep the
    first. `tokens` maps a host (with its port where that is not 443) to the value of its Authorization
    header. Times are seconds; `patience` is how long one request may wait before it is sent or sent again.
    `certificates` is a file of certificate authorities that replaces the usual ones.
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
    """Checks addresses by one policy, and refuses with a CrawlError. ValueError for a contradictory policy.

    Its methods distinguish the *named* address, which records and messages hold, from the *target*, which is
    fetched instead of it after `fetch_from`.
    """

    def __init__(self, policy: Policy, *, lookup: Lookup = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._public = ssrfguard.Policy(
            allowed_schemes=frozenset({"https"}),
            allowed_ports=frozenset(PUBLIC_PORTS),
            denied_networks=_DENIED,
            max_connection_attempts=_ATTEMPTS,
        )
        self._private = dict(_private(entry) for entry in policy.allowed_private_hosts)
        prefixes = [(_prefix(named), _prefix(fetched)) for named, fetched in policy.fetch_from]
        self._longest_named = sorted(prefixes, key=lambda pair: -len(pair[0]))
        self._longest_fetched = sorted(prefixes, key=lambda pair: -len(pair[1]))
        for _, fetched in prefixes:
            try:
                self.check(fetched)
            except CrawlError as error:
                raise ValueError(
                    f"fetch_from leads to {fetched}, which is neither https nor in allowed_private_hosts"
                ) from error

    def check(self, url: str) -> Address:
        """The parts of an address. CrawlError if it is refused for what can be known without a look-up."""
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
        # A name without a dot is of the local network, or of a search domain.
        if "." not in address.host and ":" not in address.host:
            raise CrawlError("forbidden-address", host=address.host)
        return address

    def is_private(self, address: Address) -> bool:
        """Whether the operator has listed this very host and port."""
        return (address.host, address.port) in self._private

    def target(self, url: str) -> str:
        """The address to fetch instead of the named one, both checked."""
        url = str(self.check(url))
        for named, fetched in self._longest_named:
            if url.startswith(named):
                return str(self.check(fetched + url.removeprefix(named)))
        return url

    def named_address(self, target: str) -> str:
        """The address that `target` is fetched for; `target` itself where no prefix of `fetch_from` fits."""
        for named, fetched in self._longest_fetched:
            if target.startswith(fetched):
                return named + target.removeprefix(fetched)
        return target

    def check_hop(self, before: str, after: str) -> None:
        """Refuse a redirect between two targets that leaves TLS, or enters or leaves a listed private host.

        A listed host may redirect to TLS on the same host, if that port is listed too.
        """
        old = self.check(before)
        new = self.check(after)
        if old.scheme == "https" and new.scheme != "https":
            raise CrawlError("not-https", url=shown(after))
        to_tls = (old.scheme, new.scheme) == ("http", "https")
        same_host = old.host == new.host and (old.port == new.port or to_tls)
        private = self.is_private(old) or self.is_private(new)
        if private and not (same_host and self.is_private(new)):
            raise CrawlError("forbidden-address", host=new.host)

    def rules(self, address: Address) -> ssrfguard.Policy:
        """The rules for connections to `address`; those of a listed host allow that host and port only."""
        return self._private.get((address.host, address.port), self._public)

    def resolve(self, target: str) -> tuple[str, ...]:
        """The checked IP addresses of a target. CrawlError if there is none or if one is forbidden."""
        address = self.check(target)
        rules = self.rules(address)
        try:
            url = rules.check_url(address.origin + "/")
            resolved = ssrfguard.resolve(url, policy=rules, resolver=self.look_up)
        except ssrfguard.SSRFGuardError as error:
            raise CrawlError("forbidden-address", host=address.host) from error
        except OSError as error:
            raise lookup_failed(error, host=address.host) from error
        return tuple(str(answer.ip) for answer in resolved[:_ATTEMPTS])

    def look_up(self, *arguments: Any) -> Any:
        """`socket.getaddrinfo` with a timeout: the platform has none, and a name server may be hostile."""
        outcomes: list[Any] = []

        def call() -> None:
            try:
                outcomes.append(self._lookup(*arguments))
            except Exception as error:  # raised again in the calling thread
                outcomes.append(error)

        thread = threading.Thread(target=call, daemon=True, name="look up a host")
        thread.start()
        thread.join(LOOKUP_SECONDS)
        if not outcomes:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        outcome = outcomes[0]
        if isinstance(outcome, OSError):
            raise outcome
        if isinstance(outcome, Exception):  # UnicodeError from a name the platform cannot encode
            raise socket.gaierror(socket.EAI_NONAME, "no such name") from outcome
        return outcome


def lookup_failed(error: BaseException | None, *, host: str) -> CrawlError:
    """The error for a failed look-up. A silent name server does not prove that there is no such name."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return CrawlError("unreachable", host=host, reason="its name could not be looked up")
    return CrawlError("unknown-host", host=host)


def _private(entry: str) -> tuple[tuple[str, int], ssrfguard.Policy]:
    """Host and port of an entry of `allowed_private_hosts`, and the rules for connections to it."""
    try:
        address = split(f"https://{entry}/")
    except CrawlError as error:
        raise ValueError(f"{entry!r} in allowed_private_hosts is not of the form host:port") from error
    if address.path != "/" or address.query:
        raise ValueError(f"{entry!r} in allowed_private_hosts is not of the form host:port")
    rules = ssrfguard.Policy(
        allowed_networks=(IPv4Network("0.0.0.0/0"), IPv6Network("::/0")),
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
