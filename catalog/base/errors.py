"""One family of errors: what a visitor, a source or an operator can cause, with its HTTP status.

It grows from `FaultError` of the crawlers, so that one handler says all of them, those of crawls too:
`error.fault` is what went wrong, and `language.sentence` says it. Faults of ours are no part of it.
"""

from __future__ import annotations

from typing import ClassVar

from catalog.base.sentences import EVERY
from crawlers.faults import Fault, FaultError


class AllmendeError(FaultError):
    """`code` is a key of sentences.EVERY, that of the class unless another is given.

    `values` fill its sentence.
    """

    status: int = 400
    usual: ClassVar[str] = ""

    def __init__(self, code: str = "", **values: str | int) -> None:
        code = code or self.usual
        fault = Fault(code, {name: str(value) for name, value in values.items()})
        super().__init__(fault, EVERY[code])


class SolutionNotFound(AllmendeError):
    """No solution has this id or slug, or not for this visitor."""

    status, usual = 404, "no-solution"


class SolutionWithdrawn(AllmendeError):
    """The solution existed and was withdrawn; `slug` and `date` are known."""

    status, usual = 410, "solution-withdrawn"


class PublisherNotFound(AllmendeError):
    """No publisher has this slug."""

    status, usual = 404, "no-publisher"


class ProjectNotFound(AllmendeError):
    """No funded project has this code."""

    status, usual = 404, "no-project"


class ConceptNotFound(AllmendeError):
    """No scheme or no concept has this code."""

    status, usual = 404, "no-concept"


class SourceNotFound(AllmendeError):
    """No source that an operator keeps has this number."""

    status, usual = 404, "no-source"


class QueryRefused(AllmendeError):
    """A search that is not answered."""


class BadCursor(AllmendeError):
    """The cursor of a feed page is none of ours."""

    usual = "bad-cursor"


class BadForm(AllmendeError):
    """What somebody asked for cannot be done; said beside the form or at the terminal."""


class Unread(AllmendeError):
    """A place that somebody named could not be read; the code is that of the place or of the crawl."""

    status = 422


# What is wrong with the address itself, before anything was asked.
_ADDRESS_FAULTS = frozenset(
    ("address-missing", "no-url", "not-https", "credentials", "forbidden-address", "forbidden-port")
)


class Unregistered(AllmendeError):
    """A repository that somebody named could not be registered; nothing but the attempt is kept."""

    status: int = 422

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code, **values)
        if code in _ADDRESS_FAULTS:
            self.status = 400


class NotSignedIn(AllmendeError):
    """The page is for signed-in people."""

    status, usual = 401, "not-signed-in"


class NotAllowed(AllmendeError):
    """Signed in, but not for this."""

    status, usual = 403, "not-allowed"


class TooManyRequests(AllmendeError):
    """The rate limit of this visitor."""

    status, usual = 429, "too-many-requests"


class NotReady(AllmendeError):
    """A follower is still behind the log, or the database cannot be reached."""

    status, usual = 503, "not-ready"


class NewerSchema(AllmendeError):
    """The tables are of a revision that this version does not know."""

    status, usual = 503, "newer-schema"


class DatabaseUnreachable(AllmendeError):
    """The database does not answer; `reason` is what it or the system said."""

    status, usual = 503, "database-unreachable"


class StorageFull(AllmendeError):
    """The disk is full: reading goes on, writing waits."""

    status, usual = 507, "disk-full"


class IndexBusy(AllmendeError):
    """Another process has been writing to the search index for too long; nothing was changed."""

    status, usual = 503, "index-busy"


class IndexMissing(AllmendeError):
    """The search index cannot answer what has to be answered whole; it is being made."""

    status, usual = 503, "index-missing"


class SettingError(AllmendeError):
    """A setting, or a part of the installation, that cannot be used. Raised before anything is served."""

    status = 500
