"""One family of errors, and one table that says what each means to the outside: class -> (HTTP status, sentence)."""

from __future__ import annotations


class AllmendeError(Exception):
    """Anything a visitor, a source or an operator can cause. `values` fill the sentence by str.format."""

    def __init__(self, **values: str) -> None:
        super().__init__(", ".join(f"{key}={value}" for key, value in values.items()))
        self.values = values


class SolutionNotFound(AllmendeError):
    """No solution has this id or slug."""


class SolutionWithdrawn(AllmendeError):
    """The solution existed and was withdrawn; `slug` and `date` are known."""


class PublisherNotFound(AllmendeError):
    """No publisher has this slug."""


class ProjectNotFound(AllmendeError):
    """There is no such funded project."""


class ConceptNotFound(AllmendeError):
    """No scheme or no concept has this code."""


class BadQuery(AllmendeError):
    """A search that is refused; `reason` is a translated sentence."""


class BadCursor(AllmendeError):
    """The cursor of a feed page is none of ours."""


class BadForm(AllmendeError):
    """What somebody asked for cannot be done; `reason` is an English sentence (a message id), the other values fill it."""


class NotSignedIn(AllmendeError):
    """The page is for signed-in people."""


class NotAllowed(AllmendeError):
    """Signed in, but not for this."""


class TooManyRequests(AllmendeError):
    """The rate limit of this visitor."""


class NotReady(AllmendeError):
    """The index is still behind the log, or the database cannot be reached."""


class NewerSchema(AllmendeError):
    """The database was written by a newer Allmende."""


class DatabaseUnreachable(AllmendeError):
    """The database does not answer; `reason` is what it or the system said."""


class StorageFull(AllmendeError):
    """The disk is full: reading goes on, writing waits."""


class SourceNotFound(AllmendeError):
    """There is no source with this number or address."""


STATUS: dict[type[AllmendeError], tuple[int, str]] = {
    SolutionNotFound: (404, "There is no such solution."),
    SolutionWithdrawn: (410, "This solution was withdrawn."),
    PublisherNotFound: (404, "There is no such publisher."),
    ProjectNotFound: (404, "There is no such project."),
    ConceptNotFound: (404, "There is no such term."),
    BadQuery: (400, "{reason}"),
    BadCursor: (400, "This page of the feed does not exist. Begin again at its first page."),
    BadForm: (400, "{reason}"),
    NotSignedIn: (401, "Please sign in first."),
    NotAllowed: (403, "Your account may not do this."),
    TooManyRequests: (429, "These were many requests in a short time. Please wait a minute."),
    NotReady: (503, "Allmende is still starting. Please try again in a moment."),
    NewerSchema: (
        503,
        "The database was written by a newer version of Allmende. Please install that version.",
    ),
    DatabaseUnreachable: (
        503,
        "The database cannot be reached: {reason}. Please check that it runs and that ALLMENDE_DATABASE_URL and ALLMENDE_DATA_DIR are right.",
    ),
    StorageFull: (507, "The disk is full. Nothing was lost; please make room and try again."),
    SourceNotFound: (404, "There is no such source."),
}
