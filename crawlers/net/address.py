"""What an address says: its parts read strictly, and the one spelling under which a repository is known."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urlsplit

import idna
import msgspec

from crawlers.faults import CrawlError

LONGEST = 2_000
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"^`{|}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SCP = re.compile(r"(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>(?!//)[^:]+)")
_BARE = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.I)
_SSH_USERS = {"git", "gitea", "forgejo", "gitlab"}
_SCHEMES = {"https", "http", "git", "ssh"}

# Segments that lead from a repository to a view of it. GitLab lets no project bear these names.
_VIEWS = {"-", "tree", "blob", "raw", "blame", "commits", "edit", "wikis"}
_GITEA_VIEWS = (["branch"], ["commit"], ["tag"])
# Where a repository is always owner/name, and what there is no owner.
_TWO_SEGMENTS = {
    "github.com": {
        "orgs",
        "topics",
        "users",
        "settings",
        "marketplace",
        "features",
        "sponsors",
        "search",
        "collections",
        "apps",
    },
    "codeberg.org": {"explore", "user", "org", "api"},
    "gitea.com": {"explore", "user", "org", "api"},
}
# Where upper and lower case name the same repository.
_CASELESS = {"github.com"}


class Address(msgspec.Struct, frozen=True):
    """An address taken apart. `host` is an ASCII name in lower case, a dotted quad or an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def authority(self) -> str:
        """Host and port as they stand in an address; the port only where it is not the scheme's own.

        >>> split("HTTPS://Example.org:443/a").authority
        'example.org'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.path + (f"?{self.query}" if self.query else "")


def shown(url: str) -> str:
    """An address fit for a log, a message or a page: without what may be a secret (user, query, fragment), and short."""
    text = re.split(r"[?#]", url, maxsplit=1)[0]
    text = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*@", r"\1//", text)
    text = _ODD.sub("", text)
    return text if len(text) <= 200 else text[:199] + "…"


def hostname(raw: str) -> str:
    """The one spelling of a host. ValueError for anything else than an LDH or IDNA name, a dotted quad, an IPv6 address.

    >>> hostname("Bücher.Example")
    'xn--bcher-kva.example'
    """
    if len(raw) > 253 or "%" in raw:
        raise ValueError(raw[:50])
    if ":" in raw:
        return ipaddress.IPv6Address(raw).compressed
    name = raw.lower() if raw.isascii() else idna.encode(raw, uts46=True).decode("ascii").lower()
    if raw.isascii() and re.fullmatch(r"[0-9.]+", name):
        return str(ipaddress.IPv4Address(name))
    *labels, last = name.split(".")
    if not _LAST_LABEL.fullmatch(last) or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(name)
    return name


def split(url: str) -> Address:
    """Take an absolute address apart. CrawlError "no-url" or "credentials" if it is not exactly one. The fragment is dropped."""
    no_url = CrawlError("no-url", url=shown(url))
    if len(url) > LONGEST or _ODD.search(url):
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


def canonical(url: str) -> str:
    """The address under which a repository is known, from any spelling people give it.

    `http` without a port becomes `https`; with a port it stays, as hosts inside an organisation have it.

    >>> canonical("git@GitHub.com:Italia/PublicCode-Editor.git")
    'https://github.com/italia/publiccode-editor'
    >>> canonical("https://gitlab.opencode.de/Group/Sub/Name/-/tree/main?ref_type=heads")
    'https://gitlab.opencode.de/Group/Sub/Name'
    """
    address = _written(url.strip())
    host = address.host
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    segments = _repository(_segments(address.path, url=url), host=host)
    if not segments or segments[-1] in (".", ".."):
        raise CrawlError("not-a-repository", url=shown(url))
    usual = address.scheme not in DEFAULT_PORTS or address.port == DEFAULT_PORTS[address.scheme]
    scheme = "https" if usual else address.scheme
    path = "/" + "/".join(quote(segment, safe="~!$&'()*+,;=:@") for segment in segments)
    return str(
        Address(
            scheme=scheme,
            host=host,
            port=DEFAULT_PORTS[scheme] if usual else address.port,
            path=path.lower() if host in _CASELESS else path,
        )
    )


def _written(url: str) -> Address:
    """Read the forms that are no address of the web: `git@host:path`, `ssh://git@host/path`, and a bare `host/path`."""
    if found := _SCP.fullmatch(url):
        url = f"ssh://{found['user']}@{found['host']}/{found['path']}"
    elif _BARE.match(url):
        url = "https://" + url
    url = re.sub(r"^git\+(?=\w+://)", "", url, flags=re.I)
    if found := re.match(r"ssh://([^/@:]*)@", url, re.I):
        if found[1] not in _SSH_USERS:
            raise CrawlError("credentials")
        url = "ssh://" + url[found.end() :]
    address = split(url)
    if address.scheme not in _SCHEMES:
        raise CrawlError("not-https", url=shown(url))
    return address


def _segments(path: str, *, url: str) -> list[str]:
    try:
        segments = [unquote(segment, errors="strict") for segment in path.split("/") if segment]
    except UnicodeDecodeError as error:
        raise CrawlError("no-url", url=shown(url)) from error
    if any(segment in (".", "..") or re.search(r"[\x00-\x1f\x7f/\\]", segment) for segment in segments):
        raise CrawlError("no-url", url=shown(url))
    return segments


def _repository(segments: list[str], *, host: str) -> list[str]:
    """Cut off what leads from the repository into it, and the ending `.git`; nothing is left of what is no repository."""
    while True:
        kept = [*segments[:-1], segments[-1].removesuffix(".git")] if segments else []
        kept = kept[: _end(kept, host=host)]
        if kept and not kept[-1]:
            kept.pop()
        if kept == segments:
            break
        segments = kept
    if host in _TWO_SEGMENTS and (len(segments) < 2 or segments[0].lower() in _TWO_SEGMENTS[host]):
        return []
    return segments


def _end(segments: list[str], *, host: str) -> int:
    """How many segments name the repository."""
    if host in _TWO_SEGMENTS:
        return 2
    for place in range(2, len(segments)):
        if segments[place] in _VIEWS or (
            segments[place] == "src" and segments[place + 1 : place + 2] in _GITEA_VIEWS
        ):
            return place
    return len(segments)
