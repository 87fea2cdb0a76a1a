"""Typed settings from the environment: an unknown or malformed one stops the start with a sentence.

docs/settings.md is printed from here.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from catalog.base import setting_values as values
from catalog.base.errors import SettingError
from crawlers.forges.registry import FORGES

PREFIX = "ALLMENDE_"


def resource(name: str) -> Path:
    """The folder `templates`, `static`, `translations`, `migrations` or `data`.

    Beside the packages in a checkout, inside this one in a wheel.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / name, package / "resources" / name):
        if folder.is_dir():
            return folder
    raise SettingError("folder-missing", name=name)


def setting(default: Any, parse: Callable[[str], Any], help: str, *, secret: bool = False) -> Any:
    """A field of Settings: how its text is read and what it is for."""
    return field(default=default, metadata={"parse": parse, "help": help, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """What an operator can set. Each is read from ALLMENDE_<NAME IN CAPITALS>."""

    base_url: str = setting(
        "http://127.0.0.1:8000",
        values.url,
        "The public address of this instance, without a slash at the end. All "
        "identifiers begin with it; changing it later needs `allmende rebase`.",
    )
    data_dir: Path = setting(Path("var"), Path, "The folder for the database, the search index and keys.")
    database_url: str = setting(
        "",
        str,
        "PostgreSQL, for example postgresql://allmende@localhost/allmende. Empty: SQLite in DATA_DIR.",
        secret=True,
    )
    search: str = setting(
        "tantivy",
        values.choice("tantivy", "whoosh"),
        "The search engine: tantivy, or whoosh where tantivy has no wheel.",
    )
    secret_key: str = setting(
        "", str, "Signs sessions and form tokens. Empty: made once and kept in DATA_DIR.", secret=True
    )
    allowed_private_hosts: tuple[str, ...] = setting(
        (),
        values.hosts,
        "host:port of forges in a private network that may be read, separated by blanks. They may use http.",
    )
    fetch_from: tuple[tuple[str, str], ...] = setting(
        (),
        values.pairs,
        "Mirrors, like git's insteadOf: "
        "https://github.com/=http://mirror.example:8080/ "
        "fetches there what is named here. "
        "Identity never changes.",
    )
    # Host -> the Authorization that is sent there. Read from a setting of each forge
    # (crawlers/forges/registry.py).
    forge_tokens: tuple[tuple[str, str], ...] = field(default=(), metadata={"secret": True})
    certificates: str = setting(
        "",
        values.certificates,
        "A PEM file of the certificate authorities to trust instead of the "
        "built-in list, for forges with certificates of your own; "
        "on Debian /etc/ssl/certs/ca-certificates.crt, which also "
        "holds what `update-ca-certificates` was given.",
    )
    contact: str = setting(
        "", str, "A function mailbox, shown in the imprint and sent to forges in the User-Agent."
    )
    instance_name: str = setting(
        "Allmende", str, "The name of this instance, shown in the header and in the feeds."
    )
    operator: str = setting(
        "",
        str,
        "The body that runs this instance, named in the imprint and as the publisher of the catalogue.",
    )
    languages: tuple[str, ...] = setting(
        ("de", "en"), values.languages, "The languages of the site; the first is the default."
    )
    theme: str = setting("kern", values.choice("kern"), "The look of the site.")
    trusted_proxies: int = setting(
        0, values.number, "How many reverse proxies stand in front; 0 believes no X-Forwarded header."
    )
    data_licence: str = setting(
        "CC0-1.0", str, "The licence of the metadata in the feeds, an SPDX identifier."
    )
    contributor_id: str = setting(
        "", str, "The IRI of this instance in dcat-ap.de/def/contributors, for GovData. Empty: absent."
    )
    texts_dir: str = setting(
        "",
        str,
        "A folder with imprint.de.md, privacy.en.md and so on, replacing the templates of these pages.",
    )
    seed: bool = setting(
        True,
        values.flag,
        "Whether a first start fills the catalogue with the curated "
        "solutions and the code places of the 73 projects.",
    )
    publish_emails: bool = setting(
        False,
        values.flag,
        "Whether the feeds carry personal mailboxes too; function mailboxes always appear.",
    )
    crawl_hours: int = setting(24, values.number, "How many hours lie between two crawls of a source.")
    page_cache_mb: int = setting(
        32,
        values.number,
        "How many megabytes of rendered pages each web process "
        "keeps, so that none is rendered twice. 0: none.",
    )
    crawl_hosts: int = setting(
        16, values.positive, "How many hosts are read from at the same time; each gets one request at a time."
    )
    keep_days: int = setting(90, values.number, "How many days runs and superseded texts are kept.")
    log_level: str = setting(
        "INFO", values.choice("DEBUG", "INFO", "WARNING", "ERROR"), "How much is logged."
    )

    @property
    def database(self) -> str:
        """The SQLAlchemy URL."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'allmende.sqlite').absolute()}"
        return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", self.database_url)

    @property
    def loopback(self) -> bool:
        """Whether BASE_URL can only be reached from this machine."""
        return bool(re.match(r"https?://(127\.|localhost|\[::1\])", self.base_url))


def read(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, `given` values first. Raises SettingError."""
    environment = os.environ if environment is None else environment
    known = {PREFIX + entry.name.upper(): entry for entry in _entries()}
    chosen: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        if name not in known:
            raise SettingError("setting-unknown", name=name)
        entry = known[name]
        value = _parsed(name, text, known[name].parse)
        chosen[entry.field] = (*chosen.get(entry.field, ()), *value) if entry.part else value
    return Settings(**{**chosen, **given})


class _Entry(NamedTuple):
    """A setting as an operator sees it. `part`: its field of Settings is made of several."""

    name: str
    field: str
    parse: Callable[[str], Any]
    help: str
    default: Any = None
    part: bool = False


def _entries() -> Iterator[_Entry]:
    for item in fields(Settings):
        meta = item.metadata
        if "parse" in meta:
            yield _Entry(
                name=item.name,
                field=item.name,
                parse=meta["parse"],
                help=meta["help"],
                default=None if meta["secret"] else item.default,
            )
        else:
            yield from _of_forges(item.name)


def _of_forges(field: str) -> Iterator[_Entry]:
    """The settings of all forges that take a token."""
    for forge in FORGES.values():
        row = forge.tokens
        if row is not None:
            parse = partial(values.tokens, row)
            yield _Entry(name=row.setting, field=field, parse=parse, help=row.help, part=True)


def _parsed(name: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text.strip())
    except values.NotOneOf as error:
        choices = " ".join(error.choices)
        raise SettingError("setting-unusable", name=name, expected=str(error), choices=choices) from None
    except ValueError as error:
        raise SettingError("setting-unusable", name=name, expected=str(error)) from None


def secret_key(settings: Settings) -> str:
    """The signing key: the setting, else one made once in DATA_DIR and readable by its owner alone."""
    if settings.secret_key:
        return settings.secret_key
    file = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text()


def page() -> str:
    """docs/settings.md."""
    rows = [
        f"| `{PREFIX}{entry.name.upper()}` | {_shown(entry.default)} | {entry.help} |" for entry in _entries()
    ]
    return _PAGE + "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        default = " ".join(default)
    return "" if default in (None, "") else f"`{default}`"


_PAGE = """# Settings

All by environment. An unknown or malformed one stops the start with a sentence.
This page is printed by `allmende settings`.

| name | default | what for |
|---|---|---|
"""
