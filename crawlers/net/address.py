"""Web addresses: their parts, read strictly."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

import idna
import msgspec

from crawlers.faults import CrawlError

MOST_CHARACTERS = 2_000
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Control and format characters, and what is never written as it stands in an address.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"^`{|}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Address(msgspec.Struct, frozen=True):
    """The parts of an address. `host` is an ASCII name in lower case, a dotted quad, or IPv6 unbracketed."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def authority(self) -> str:
        """Host and port as they stand in an address; the port only where it is not the default of the scheme.

        >>> split("HTTPS://Example.org:443/a").authority
        'example.org'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.port == DEFAULT_PORTS.get(self.scheme):
            return host
        return f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return self.origin + self.path + query


def shown(url: str) -> str:
    """An address for a log, a message or a page: short, without user, query and fragment."""
    text = re.split(r"[?#]", url, maxsplit=1)[0]
    text = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*@", r"\1//", text)
    text = _FORBIDDEN.sub("", text)
    return text if len(text) <= 200 else text[:199] + "…"


def hostname(raw: str) -> str:
    """The one spelling of a host. ValueError if it is no LDH or IDNA name, dotted quad or IPv6 address.

    >>> hostname("Bücher.Example")
    'xn--bcher-kva.example'
    """
    if len(raw) > 253 or "%" in raw:
        raise ValueError(raw[:50])
    if ":" in raw:
        return ipaddress.IPv6Address(raw).compressed
    if raw.isascii():
        name = raw.lower()
        if re.fullmatch(r"[0-9.]+", name):
            return str(ipaddress.IPv4Address(name))
    else:
        name = idna.encode(raw, uts46=True).decode("ascii").lower()
    *labels, last = name.split(".")
    if not _LAST_LABEL.fullmatch(last) or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(name)
    return name


def split(url: str) -> Address:
    """The parts of an absolute address. CrawlError "no-url" or "credentials". The fragment is dropped."""
    no_url = CrawlError("no-url", url=shown(url))
    if len(url) > MOST_CHARACTERS or _FORBIDDEN.search(url):
        raise no_url
    try:
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            raise CrawlError("credentials")
        host = hostname(parts.hostname or "")
        port = parts.port if parts.port is not None else DEFAULT_PORTS.get(parts.scheme.lower(), 0)
    except ValueError as error:
        raise no_url from error
    if not parts.scheme or (port == 0 and parts.scheme.lower() in DEFAULT_PORTS):
        raise no_url
    return Address(
        scheme=parts.scheme.lower(), host=host, port=port, path=parts.path or "/", query=parts.query
    )
