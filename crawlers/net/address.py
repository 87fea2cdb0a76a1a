"""Web addresses: their parts, read strictly, and the one spelling under which a repository is known."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, unquote, urlsplit

import idna
import msgspec

from crawlers.faults import CrawlError

MOST_CHARACTERS = 2_000
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LAST_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Control and format characters, and what is never written as it stands in an address.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"^`{|}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SCP_FORM = re.compile(r"(?P<user>[A-Za-z0-9._-]+)@(?P<host>[A-Za-z0-9.-]+):(?P<path>(?!//)[^:]+)")
_WITHOUT_SCHEME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/", re.I)
_SSH_USERS = {"git", "gitea", "forgejo", "gitlab"}
_SCHEMES = {"https", "http", "git", "ssh"}

# Segments that lead from a repository to a view of it. On GitLab no project can have these names.
_VIEWS = {"-", "tree", "blob", "raw", "blame", "commits", "edit", "wikis"}
_GITEA_VIEWS = (["branch"], ["commit"], ["tag"])
# Hosts where a repository is always owner/name, and the first segments there that are no owner.
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
# Hosts where upper and lower case name the same repository.
_CASE_INSENSITIVE = {"github.com"}


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


def canonical(url: str) -> str:
    """The address under which a repository is known, from any spelling of it. CrawlError if it is none.

    `http` without a port becomes `https`; with a port it stays, for hosts inside an organisation.

    >>> canonical("git@GitHub.com:Italia/PublicCode-Editor.git")
    'https://github.com/italia/publiccode-editor'
    >>> canonical("https://gitlab.opencode.de/Group/Sub/Name/-/tree/main?ref_type=heads")
    'https://gitlab.opencode.de/Group/Sub/Name'
    """
    address = _web_address(url.strip())
    host = address.host
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    segments = _repository_segments(_decoded_segments(address.path, url=url), host=host)
    if not segments or segments[-1] in (".", ".."):
        raise CrawlError("not-a-repository", url=shown(url))
    path = "/" + "/".join(quote(segment, safe="~!$&'()*+,;=:@") for segment in segments)
    if host in _CASE_INSENSITIVE:
        path = path.lower()
    if address.scheme not in DEFAULT_PORTS or address.port == DEFAULT_PORTS[address.scheme]:
        return str(Address(scheme="https", host=host, port=DEFAULT_PORTS["https"], path=path))
    return str(Address(scheme=address.scheme, host=host, port=address.port, path=path))


def _web_address(url: str) -> Address:
    """The parts of an address; it may be written as `git@host:path`, `ssh://git@host/path` or `host/path`."""
    if scp := _SCP_FORM.fullmatch(url):
        url = f"ssh://{scp['user']}@{scp['host']}/{scp['path']}"
    elif _WITHOUT_SCHEME.match(url):
        url = "https://" + url
    url = re.sub(r"^git\+(?=\w+://)", "", url, flags=re.I)
    if ssh := re.match(r"ssh://([^/@:]*)@", url, re.I):
        if ssh[1] not in _SSH_USERS:
            raise CrawlError("credentials")
        url = "ssh://" + url[ssh.end() :]
    address = split(url)
    if address.scheme not in _SCHEMES:
        raise CrawlError("not-https", url=shown(url))
    return address


def _decoded_segments(path: str, *, url: str) -> list[str]:
    """The segments of a path. CrawlError "no-url" if one could be mistaken for a part of a path."""
    try:
        segments = [unquote(segment, errors="strict") for segment in path.split("/") if segment]
    except UnicodeDecodeError as error:
        raise CrawlError("no-url", url=shown(url)) from error
    if any(segment in (".", "..") or re.search(r"[\x00-\x1f\x7f/\\]", segment) for segment in segments):
        raise CrawlError("no-url", url=shown(url))
    return segments


def _repository_segments(segments: list[str], *, host: str) -> list[str]:
    """The segments that name a repository, without views of it and `.git`; empty if they name none."""
    while True:
        shortened = [*segments[:-1], segments[-1].removesuffix(".git")] if segments else []
        shortened = shortened[: _repository_length(shortened, host=host)]
        if shortened and not shortened[-1]:
            shortened.pop()
        if shortened == segments:
            break
        segments = shortened
    if host in _TWO_SEGMENTS and (len(segments) < 2 or segments[0].lower() in _TWO_SEGMENTS[host]):
        return []
    return segments


def _repository_length(segments: list[str], *, host: str) -> int:
    """How many segments name the repository."""
    if host in _TWO_SEGMENTS:
        return 2
    for position in range(2, len(segments)):
        if segments[position] in _VIEWS:
            return position
        if segments[position] == "src" and segments[position + 1 : position + 2] in _GITEA_VIEWS:
            return position
    return len(segments)
