"""The tables: SQL is the only truth; index, feeds and dumps follow the change log and can be rebuilt."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog.base.states import Life, SourceState

# Moments are text in UTC, "2026-11-22T10:00:00.000Z": they sort, travel and read the same in both databases.


class Base(DeclarativeBase):
    """The metadata that Alembic compares with."""


def _host(context: Any) -> str:
    return host_of(context.get_current_parameters()["url"])[:300]


def host_of(url: str) -> str:
    """The host (and port) that an address is read from; the address itself where it names none.

    >>> host_of("https://Codeberg.org/town/app"), host_of("stage:one")
    ('codeberg.org', 'stage:one')
    """
    return urlsplit(url).netloc.lower() or url


class SolutionRow(Base):
    """One solution.

    `document` is the Solution as JSON, `provenance` says which document each field came from.

    `state`: listed, draft (no metadata file), pending (registered, not yet accepted), copy (of `copy_of`),
    hidden (by an operator), withdrawn. `life`: reachable, failing, archived, gone; with `life_since` and
    `life_reason`. Neither is part of the payload or the digest.
    """

    __tablename__ = "solution"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    # "" is this instance, else the base URL of another.
    origin: Mapped[str] = mapped_column(String(500), default="")
    # Only for foreign entries; ours is built from BASE_URL.
    iri: Mapped[str] = mapped_column(String(700), default="")
    slug: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    accepted: Mapped[bool] = mapped_column(default=True)
    hidden: Mapped[str] = mapped_column(Text, default="")  # the operator's reason
    copy_of: Mapped[str] = mapped_column(String(26), default="", index=True)
    # The repository that publiccode's `url` names, if another.
    claims: Mapped[str] = mapped_column(String(700), default="", index=True)
    repository: Mapped[str] = mapped_column(String(700), default="")
    publisher: Mapped[str] = mapped_column(String(200), default="")  # slug of the publisher's name
    name: Mapped[str] = mapped_column(String(500), default="")
    document: Mapped[str] = mapped_column(Text, default="{}")
    provenance: Mapped[str] = mapped_column(Text, default="{}")
    digest: Mapped[str] = mapped_column(String(64), default="")
    created: Mapped[str] = mapped_column(String(24))
    modified: Mapped[str] = mapped_column(String(24))
    withdrawn: Mapped[str] = mapped_column(String(24), default="")
    life: Mapped[str] = mapped_column(String(20), default=Life.REACHABLE)
    life_since: Mapped[str] = mapped_column(String(24), default="")
    life_reason: Mapped[str] = mapped_column(Text, default="")
    last_activity: Mapped[str] = mapped_column(String(24), default="")
    # The last number of facts.py that touched it.
    facts: Mapped[int] = mapped_column(BigInteger, default=0, index=True)
    __table_args__ = (
        Index("solution_modified", "state", "modified"),
        Index("solution_publisher", "publisher", "state", "name"),
        # On PostgreSQL a row of an index has at most 2,704 bytes, which these can exceed.
        Index("solution_words", "name", "slug", "repository", "id", info={"dialect": "sqlite"}).ddl_if(
            dialect="sqlite"
        ),
    )


class PublisherRow(Base):
    """A publisher as its newest entry writes its name, and how many entries it has.

    Made from `solution`; zero in both goes.
    """

    __tablename__ = "publisher"
    slug: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(500), default="")
    listed: Mapped[int] = mapped_column(default=0)
    drafts: Mapped[int] = mapped_column(default=0)


class InvolvedRow(Base):
    """A body that an entry names in a role (deployer, funder, ...), by the slug of its name.

    Made from `solution`.
    """

    __tablename__ = "involved"
    slug: Mapped[str] = mapped_column(String(200), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)
    solution: Mapped[str] = mapped_column(
        String(26), ForeignKey("solution.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AliasRow(Base):
    """Another address or id of a solution: repository URL, `github.com#123`, DOI, SWHID, an old IRI.

    Unique per origin.
    """

    __tablename__ = "alias"
    alias: Mapped[str] = mapped_column(String(700), primary_key=True)
    origin: Mapped[str] = mapped_column(String(500), primary_key=True, default="")
    solution: Mapped[str] = mapped_column(
        String(26), ForeignKey("solution.id", ondelete="CASCADE"), index=True
    )


class RecordRow(Base):
    """A CatalogRecord.

    One document of one repository, its raw text (zlib), its reading, and the version of the tables that read
    it.
    """

    __tablename__ = "record"
    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str] = mapped_column(String(700))
    format: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(300), default="")
    solution: Mapped[str] = mapped_column(
        String(26), ForeignKey("solution.id", ondelete="CASCADE"), index=True
    )
    uri: Mapped[str] = mapped_column(String(1000), default="")
    commit: Mapped[str] = mapped_column(String(64), default="")
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64))
    reading: Mapped[str] = mapped_column(Text)
    # The Solution of the last usable reading, when this one is not.
    last_good: Mapped[str] = mapped_column(Text, default="")
    reader: Mapped[str] = mapped_column(String(16), index=True)
    errors: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[str] = mapped_column(String(24))
    __table_args__ = (
        UniqueConstraint("repository", "format", "path"),
        # Few have errors: those that have none cost the index nothing.
        Index(
            "record_errors",
            "errors",
            "solution",
            sqlite_where=text("errors > 0"),
            postgresql_where=text("errors > 0"),
        ),
    )


class SourceRow(Base):
    """A place that is crawled regularly. `state`: active, paused, pending.

    `options` and `counts` are JSON.
    """

    __tablename__ = "source"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(String(700), unique=True)
    options: Mapped[str] = mapped_column(Text, default="{}")
    state: Mapped[str] = mapped_column(String(20), default=SourceState.ACTIVE)
    project: Mapped[str] = mapped_column(String(40), default="")
    added: Mapped[str] = mapped_column(String(24))
    due: Mapped[str] = mapped_column(String(24), index=True)
    succeeded: Mapped[str] = mapped_column(String(24), default="")
    failing_since: Mapped[str] = mapped_column(String(24), default="")
    error: Mapped[str] = mapped_column(Text, default="")  # JSON {"code", "values"}
    leased_until: Mapped[str] = mapped_column(String(24), default="")
    leased_by: Mapped[str] = mapped_column(String(26), default="", server_default="")
    # The host that it is read from: one worker at a time works on a host.
    host: Mapped[str] = mapped_column(String(300), default=lambda context: _host(context), index=True)


class RepositoryRow(Base):
    """What is known of a repository between two crawls.

    The marker that makes an unchanged one cheap, and since when it fails.
    """

    __tablename__ = "repository"
    url: Mapped[str] = mapped_column(String(700), primary_key=True)
    source: Mapped[int] = mapped_column(
        ForeignKey("source.id", ondelete="SET NULL"), nullable=True, index=True
    )
    solution: Mapped[str] = mapped_column(String(26), default="", index=True)
    marker: Mapped[str] = mapped_column(String(200), default="")
    seen: Mapped[str] = mapped_column(String(24), default="")
    failing_since: Mapped[str] = mapped_column(String(24), default="", index=True)
    # The first of the answers 404 and 410 that have followed each other until now.
    missing_since: Mapped[str] = mapped_column(String(24), default="", server_default="")
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    reader: Mapped[str] = mapped_column(String(16), default="")
    # The version of wanted_files.py whose files were fetched.
    wanted: Mapped[str] = mapped_column(String(16), default="", server_default="")


class RunRow(Base):
    """One crawl of one source, with its counts (JSON) and its end."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"), index=True)
    started: Mapped[str] = mapped_column(String(24))
    ended: Mapped[str] = mapped_column(String(24), default="")
    counts: Mapped[str] = mapped_column(Text, default="{}")
    error: Mapped[str] = mapped_column(Text, default="")


class RunProblemRow(Base):
    """What went wrong with one repository in one run."""

    __tablename__ = "run_problem"
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    repository: Mapped[str] = mapped_column(String(700))
    error: Mapped[str] = mapped_column(Text)


class CorrectionRow(Base):
    """An operator's word on one field, laid over what sources say. `value` is JSON; never sent back."""

    __tablename__ = "correction"
    solution: Mapped[str] = mapped_column(
        String(26), ForeignKey("solution.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    made: Mapped[str] = mapped_column(String(24))


class LogHeadRow(Base):
    """The one row that appending locks: commit order is seq order, without gaps."""

    __tablename__ = "log_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(String(26))
    seq: Mapped[int] = mapped_column(BigInteger)
    published: Mapped[str] = mapped_column(String(24))
    facts: Mapped[int] = mapped_column(BigInteger, default=0)  # counts what changes outside the payload


class ChangeRow(Base):
    """One entry of the change log.

    `payload` is zlib-compressed sorted N-Triples; NULL once superseded and past retention, or erased.
    """

    __tablename__ = "change"
    epoch: Mapped[str] = mapped_column(String(26), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(700))
    event: Mapped[str] = mapped_column(String(10))
    published: Mapped[str] = mapped_column(String(24))
    digest: Mapped[str] = mapped_column(String(64), default="")
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, nullable=True)
    # "" is this instance, else the base URL of another.
    origin: Mapped[str] = mapped_column(String(500), default="")
    in_feed: Mapped[bool] = mapped_column(default=False)  # whether the feed for portals carries it
    # When a newer entry of its subject came; "" until then.
    superseded: Mapped[str] = mapped_column(String(24), default="")
    __table_args__ = (
        Index("change_subject", "subject", "superseded"),
        Index("change_newest", "superseded", "kind", "subject"),
    )


class FollowerRow(Base):
    """How far a follower of the log has come, for those that keep no cursor of their own."""

    __tablename__ = "follower"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    epoch: Mapped[str] = mapped_column(String(26))
    seq: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[int] = mapped_column(BigInteger, default=0)


class AccountRow(Base):
    """A local account. `role`: operator.

    `password` is an argon2 hash; raising `sessions` signs the account out everywhere.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    password: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(40))
    sessions: Mapped[int] = mapped_column(default=0)
    created: Mapped[str] = mapped_column(String(24))


class AuditRow(Base):
    """What an operator did. Append-only."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[str] = mapped_column(String(24))
    account: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(700))
    note: Mapped[str] = mapped_column(Text, default="")


class MetaRow(Base):
    """Facts about this installation.

    The base URL its payloads were written with, the seed that was loaded.
    """

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
