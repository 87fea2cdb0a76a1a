"""The states things can be in, as they are stored, and the sets of them that decide who sees what."""

from __future__ import annotations

from enum import StrEnum


class EntryState(StrEnum):
    """What an entry is to the public."""

    LISTED = "listed"
    DRAFT = "draft"  # no metadata file yet
    PENDING = "pending"  # registered, not yet accepted
    COPY = "copy"  # repeats another entry
    HIDDEN = "hidden"  # by an operator or by the repository's own wish
    WITHDRAWN = "withdrawn"  # for good; a tombstone is left


class Life(StrEnum):
    """Whether the repository of an entry answers."""

    REACHABLE = "reachable"
    FAILING = "failing"
    ARCHIVED = "archived"
    GONE = "gone"


class SourceState(StrEnum):
    """What is done with a source."""

    ACTIVE = "active"
    PAUSED = "paused"
    PENDING = "pending"  # registered by a visitor, waits for an operator
    REFUSED = "refused"  # by an operator; options hold the reason
    ATTEMPT = "attempt"  # a registration that came to nothing


class Outcome(StrEnum):
    """What publishing an entry came to."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Event(StrEnum):
    """What an entry of the change log says, as ActivityStreams names it."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


class Registered(StrEnum):
    """What became of a registration."""

    NEW = "new"
    KNOWN = "known"  # listed, a draft or a copy
    WAITING = "waiting"
    QUEUED = "queued"
    HIDDEN = "hidden"
    REFUSED = "refused"
    SLOW = "slow"  # still being read behind the answer


# Entries with a page that everybody may open.
VISIBLE = frozenset((EntryState.LISTED, EntryState.DRAFT, EntryState.COPY))
# Entries of which nobody but an operator learns anything.
UNSEEN = frozenset((EntryState.PENDING, EntryState.HIDDEN))
# Entries that can stand for a copy of theirs.
STANDING = frozenset((EntryState.LISTED, EntryState.COPY, EntryState.HIDDEN, EntryState.WITHDRAWN))
# Entries that count among what a publisher publishes.
PUBLISHED = frozenset((EntryState.LISTED, EntryState.DRAFT))
# Lives that publishing may set; the others are told by failed crawls.
ANSWERING = frozenset((Life.REACHABLE, Life.ARCHIVED))
BROKEN = frozenset((Life.FAILING, Life.GONE))
# Sources shown on the public page of sources.
SHOWN_SOURCES = frozenset((SourceState.ACTIVE, SourceState.PAUSED))
# Sources that are a visitor's attempt, not an operator's choice.
UNDECIDED_SOURCES = frozenset((SourceState.PENDING, SourceState.ATTEMPT))
