"""What a process of Allmende works with, opened once from the settings and handed to whoever needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path

import catalog.search as search
from catalog.base import database
from catalog.base.database import Database
from catalog.base.http_policy import VERSION, policy
from catalog.base.settings import Settings, resource, secret_key
from catalog.base.tables import MetaRow
from catalog.changes import log
from catalog.changes.followers import Follower
from catalog.changes.stalled import Stalled
from catalog.entries import publishers
from catalog.entries.state_counts import StateCounts
from catalog.harvesting import sources
from catalog.harvesting.harvest import Harvest
from catalog.outlets.dcat_feed import Feed
from catalog.search import SearchIndex, indexing
from catalog.search.follower import IndexFollower
from crawlers.net.http import Http
from sandbox import Sandbox


class Services:
    """The parts are opened when first used, so that a command costs only what it needs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def database(self) -> Database:
        """The database with its schema up to date and the log's head in place."""
        opened = database.connect(self.settings)
        try:
            database.upgrade(opened)
            with opened.write() as session:
                log.start(session)
                # Of two first starts one writes the address, and the other finds it.
                log.lock(session)
                base = session.get(MetaRow, "base_url")
                if base is None:
                    session.add(MetaRow(key="base_url", value=self.settings.base_url))
                elif log.head(session).seq == 0:
                    # Nothing was published yet, so no identifier begins with the old address.
                    base.value = self.settings.base_url
            with opened.write() as session:
                log.lock(session)
                publishers.ensure(session)
        except BaseException:
            opened.close()
            raise
        return opened

    @cached_property
    def sandbox(self) -> Sandbox:
        """Where strangers' text is parsed."""
        return Sandbox()

    @property
    def hosts(self) -> Path:
        """Where the processes of this DATA_DIR keep whose turn it is at each host."""
        return self.settings.data_dir / "hosts"

    @cached_property
    def http(self) -> Http:
        """The guarded way out, with the operator's tokens; one visitor with other processes of DATA_DIR."""
        return Http(policy(self.settings), shared=self.hosts)

    @cached_property
    def index(self) -> SearchIndex:
        """The search index."""
        return search.open_index(
            self.settings.search, self.settings.data_dir / "index", write=True, synonyms=indexing.synonyms()
        )

    @cached_property
    def followers(self) -> list[Follower]:
        """Everybody who keeps something that is made from the catalogue."""
        return [make(self) for make in FOLLOWERS.values()]

    @cached_property
    def stalled(self) -> Stalled:
        """Since when followers are seen to stand still."""
        return Stalled()

    @cached_property
    def feed(self) -> Feed:
        """The feed for portals."""
        return Feed(self.settings)

    @cached_property
    def state_counts(self) -> StateCounts:
        """How many entries are in each state."""
        return StateCounts()

    @cached_property
    def secret(self) -> str:
        """The signing key of sessions and form tokens."""
        return secret_key(self.settings)

    @cached_property
    def build(self) -> str:
        """A hash of what decides how a page looks; part of every ETag."""
        digest = hashlib.sha256(f"{VERSION} {self.settings!r}".encode())
        for folder in ("templates", "static", "translations"):
            for file in sorted(path for path in resource(folder).rglob("*") if path.is_file()):
                digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()[:12]

    def source(self, target: str) -> int:
        """The number of the source that a number or an address means; added if it is new."""
        return sources.find_or_add(self.database, target, http=self.http, settings=self.settings)

    def harvest(self) -> Harvest:
        """A conductor for one or more runs."""
        return Harvest(self.database, self.settings, http=self.http, sandbox=self.sandbox)

    def revision(self) -> str:
        """The state of everything a page can show.

        The log, the facts outside it, and how far the index has followed.
        """
        return "-".join(str(part) for part in (*self._head(), *self.index.cursor))

    def log_position(self) -> str:
        """The state of what is made from the log alone."""
        epoch, seq, _ = self._head()
        return f"{epoch}-{seq}"

    def _head(self) -> tuple[str, int, int]:
        # A session would cost ten times the query.
        with closing(self.database.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT epoch, seq, facts FROM log_head")
            epoch, seq, facts = cursor.fetchone() or ("", 0, 0)
        return epoch, seq, facts

    def close(self) -> None:
        """Close what was opened."""
        for name in ("index", "http", "sandbox", "database"):
            part = vars(self).pop(name, None)
            if part is not None:
                part.close()


# Name -> how the follower is made; the name is that of its lock and of its numbers.
FOLLOWERS: dict[str, Callable[[Services], Follower]] = {
    IndexFollower.name: lambda services: IndexFollower(services.index, services.settings),
}
