"""What can be wrong with a metadata file: one row a code, with its usual severity, sentence and fix.

A sentence is a message id of the gettext catalogue (German stands in translations/) and takes its values by
str.format.
"""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import NamedTuple

import msgspec

from vocabularies.syntax.places import Span


class Severity(StrEnum):
    """How bad a problem is.

    An error: the value could not be used, or the file breaks its specification. A warning: used, but should
    be mended. An info: nothing to do, said so that nothing is lost in silence.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(NamedTuple):
    """Severity, sentence and fix of one problem code.

    The severity is that of the most general rule: those of a format, a version, a key stand in
    vocabularies/rules/severities.py. `of_key` is said of a key, not of its value.
    """

    severity: Severity
    message: str
    hint: str = ""
    of_key: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to know about a file.

    `path` is the specification's dotted key with list indices in brackets; line and column are where it
    stands, and count from 1, 0 is unknown. `span` is what the problem is about: a key, a value, a piece of
    text. Readings that were stored before there were spans have none. `values` fill the sentence. `judged` is
    set where a rule says another severity than the code's usual one.
    """

    code: str
    path: str = ""
    line: int = 0
    column: int = 0
    values: dict[str, str] = {}
    span: Span | None = None
    judged: Severity | None = None

    @property
    def severity(self) -> Severity:
        """What a rule says, else that of its code."""
        return self.judged or PROBLEMS[self.code].severity

    @property
    def message(self) -> str:
        """The English sentence."""
        return PROBLEMS[self.code].message.format_map(self.values)

    @property
    def hint(self) -> str:
        """The English fix, or ""."""
        return PROBLEMS[self.code].hint.format_map(self.values)


_error = partial(Code, Severity.ERROR)
_warning = partial(Code, Severity.WARNING)
_info = partial(Code, Severity.INFO)

PROBLEMS: dict[str, Code] = {
    # The file as text
    "not-utf8": _error(
        "The file is not encoded in UTF-8 (first bad byte: {byte}).", "Save the file as UTF-8."
    ),
    "control-character": _error(
        "The file contains the invisible control character {character}.", "Delete the character."
    ),
    "too-large": _error(
        "The file has {size} bytes; {limit} are read.",
        "Shorten the file; long texts belong on a page it links to.",
    ),
    "too-deep": _error(
        "The file is nested more than {limit} levels deep and was not read.",
        "Check the brackets and the indentation.",
    ),
    "too-many": _error(
        "The file has more than {limit} values; what comes after this place was not read.",
        "Shorten the file.",
    ),
    "syntax": _error(
        "This is no valid {format}: {reason}.",
        "Correct the file here. What stands before this place was read.",
    ),
    "empty-file": _error("The file is empty.", "Fill in the file or delete it."),
    "not-a-mapping": _error(
        "The file must consist of keys and values.", "Begin with a line such as ‘name: My software’."
    ),
    "duplicate-key": _error(
        "The key ‘{key}’ stands here a second time; the first one counts.",
        "Keep one of the two.",
        of_key=True,
    ),
    "alias": _error("References with & and * are not read.", "Write the value out in full."),
    "merge-key": _error("The merge key << is not read.", "Write the keys out in full.", of_key=True),
    "tag": _warning("The type mark ‘{tag}’ is ignored.", "Delete the mark."),
    "several-documents": _error(
        "The file contains several documents; only the first is read.",
        "Delete the line ‘---’ and what follows.",
    ),
    # Keys
    "not-read": _info("‘{key}’ is no key of this format that Allmende knows; it was not taken.", of_key=True),
    "ignored": _info("‘{key}’ is not taken: {reason}.", of_key=True),
    "in-part": _info("‘{key}’ is taken only in part: {reason}.", of_key=True),
    "deprecated": _info("‘{key}’ is deprecated.", "{instead}", of_key=True),
    "misspelt-key": _warning(
        "‘{key}’ is probably meant to be ‘{right}’ and was read as such.", "Write ‘{right}’.", of_key=True
    ),
    "missing": _error("The mandatory key ‘{key}’ is missing.", "Add ‘{key}’.", of_key=True),
    "version-missing": _error(
        "The key ‘publiccodeYmlVersion’ is missing; the file was read as version {version}.",
        'Add ‘publiccodeYmlVersion: "{version}"’.',
    ),
    "version-unknown": _warning(
        "Version ‘{value}’ is not known; the file was read as version {version}.",
        "Use a published version, for example {version}.",
    ),
    # Values
    "wrong-type": _error("{expected} is expected here, but {found} stands there.", "Correct the value."),
    "number-as-text": _info("The number {value} was read as text.", 'Put it in quotation marks: "{value}".'),
    "single-value": _info(
        "A list is expected here; the single value was read as a list of one.", "Put ‘- ’ before the value."
    ),
    "empty-value": _warning("There is a key but no value.", "Fill in the value or delete the key."),
    "nameless": _warning("This was not taken, since it does not say what it is called.", "Add the name."),
    "placeholder": _warning(
        "‘{value}’ looks like a placeholder of a template and was not taken.",
        "Fill in the real value or delete the key.",
    ),
    "bad-url": _error("‘{value}’ is no web address.", "Write the whole address, beginning with https://."),
    "url-mended": _warning(
        "This is not written as a web address should be; it was read as ‘{right}’.", "Write ‘{right}’."
    ),
    "bad-date": _error("‘{value}’ is no date.", "Write year-month-day, for example 2026-03-31."),
    "date-mended": _warning(
        "‘{value}’ is not written as a date should be; it was read as {right}.", "Write {right}."
    ),
    "bad-boolean": _error("‘{value}’ is neither true nor false.", "Write true or false."),
    "boolean-mended": _warning("‘{value}’ was read as {right}.", "Write {right}."),
    "bad-email": _error("‘{value}’ is no e-mail address.", "Write an address such as name@example.org."),
    "bad-language": _error("‘{value}’ is no language code.", "Use a code of BCP 47, for example de or en."),
    "bad-country": _error("‘{value}’ is no country code.", "Use two letters of ISO 3166-1, for example DE."),
    "country-case": _info("Country codes are written in capitals.", "Write {right}."),
    "bad-media-type": _warning("‘{value}’ is no media type.", "Use a registered type, for example text/csv."),
    "unknown-code": _error(
        "‘{value}’ is not in the list of values for this key.", "Use one of the listed values. {guess}"
    ),
    "unknown-word": _warning("‘{value}’ is not in the list of values; it was kept as it stands.", "{guess}"),
    "code-mended": _warning("‘{value}’ was read as ‘{right}’.", "Write ‘{right}’."),
    "bad-licence": _error(
        "‘{value}’ is no SPDX licence expression.",
        "Look up the identifier at spdx.org/licenses, for example EUPL-1.2. {guess}",
    ),
    "not-understood": _warning("‘{value}’ was not understood and not taken.", "{expected}"),
    "licence-mended": _warning("‘{value}’ was read as the licence ‘{right}’.", "Write ‘{right}’."),
    "licence-deprecated": _warning(
        "The identifier ‘{value}’ is deprecated because it does not say which versions are allowed.",
        "Write ‘{value}-only’ or ‘{value}-or-later’.",
    ),
    "no-identifier": _info(
        "‘{value}’ is no DOI, SWHID or address; it was not taken.",
        "Write a whole identifier, for example https://doi.org/10.5281/zenodo.1.",
    ),
    "several-licences": _warning(
        "Several licences stand here, but not whether one may choose; they were read as ‘{right}’.",
        "Write one SPDX expression with OR or AND.",
    ),
    "context-unknown": _warning(
        "‘@context’ does not name CodeMeta; the file was read as CodeMeta {version}.",
        'Write "@context": "https://w3id.org/codemeta/{version}".',
    ),
    "too-short": _warning("The text has {length} characters; at least {limit} are asked for.", "Say more."),
    "too-long": _warning(
        "The text has {length} characters; at most {limit} are asked for.",
        "Shorten it; details belong in the long description.",
    ),
    "no-description": _error(
        "There is no description in any language.", "Add ‘description’ with a section ‘de’ or ‘en’."
    ),
    # What the catalogue makes of it
    "not-usable": _error(
        "The file could not be used: it names neither what the software is called nor what it does.",
        "Mend the errors above; the last good state stays listed.",
    ),
    "no-metadata-file": _info(
        "The repository has no metadata file.", "Add a publiccode.yml to its root: see yml.publiccode.tools."
    ),
    "url-elsewhere": _warning(
        "‘url’ names {url}, but the file lies in {repository}.",
        "If this is the original, write its own address; if it is a copy, nothing needs to be done.",
    ),
    "url-unreachable": _warning(
        "‘url’ names {url}, which cannot be reached.", "Write the address of the repository."
    ),
    "circle": _warning(
        "These repositories call themselves copies of each other in a circle: {path}."
        " Each stands for itself.",
        "In the file of the original, write its own address after ‘url’.",
    ),
    "more-problems": _info("There are {count} more remarks, which are not shown.", "Mend these first."),
    "too-slow": _error(
        "Reading the file took too much time or memory; it was stopped.", "Make the file smaller and simpler."
    ),
}
