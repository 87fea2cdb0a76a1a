"""The sentences that tell somebody why something is not so: code -> English, the message id of gettext.

Values are filled in by name. What crawls can come to is in crawlers/faults.py, what files are criticised for
in vocabularies/problems.py; `language.sentence` says all of them but the last.
"""

from __future__ import annotations

from crawlers import faults

SENTENCES: dict[str, str] = {
    # What is not there, or not for everybody (errors.py)
    "no-solution": "There is no such solution.",
    "solution-withdrawn": "This solution was withdrawn.",
    "no-publisher": "There is no such publisher.",
    "no-project": "There is no such project.",
    "no-concept": "There is no such term.",
    "no-source": "There is no such source.",
    "bad-cursor": "This page of the feed does not exist. Begin again at its first page.",
    "not-signed-in": "Please sign in first.",
    "not-allowed": "Your account may not do this.",
    "too-many-requests": "These were many requests in a short time. Please wait a minute.",
    # What keeps an instance from working
    "not-ready": "Allmende is still starting. Please try again in a moment.",
    "newer-schema": ("The database was written by a newer version of Allmende. Please install that version."),
    "database-unreachable": (
        "The database cannot be reached: {reason}. Please check that it runs "
        "and that ALLMENDE_DATABASE_URL and ALLMENDE_DATA_DIR are right."
    ),
    "disk-full": "The disk is full. Nothing was lost; please make room and try again.",
    "index-busy": "Another process is writing to the search index. Please try again in a moment.",
    "index-missing": "The search index is not ready yet. Please try again in a minute.",
    # Settings
    "setting-unknown": "There is no setting {name}. The settings are listed in docs/settings.md.",
    "setting-unusable": "{name} is not usable; expected: {expected}.",
    "folder-missing": "The folder ‘{name}’ is missing from this installation.",
    "data-dir": "ALLMENDE_DATA_DIR: the folder {folder} cannot be made ({said}).",
    "port-in-use": (
        "Port {port} is already in use or may not be used ({said}). Try: allmende serve --port {next}"
    ),
    # Searches that are refused
    "too-long": "The search text has {length} characters; {limit} are possible. Please use fewer words.",
    "too-many-terms": (
        "The search text has {count} words; {limit} are possible. Please use only the most important ones."
    ),
    "too-many-values": "{count} filters were chosen; {limit} are possible. Please remove some.",
    "too-far": (
        "Only the first {limit} results can be leafed through. "
        "Please narrow the search with another word or a filter."
    ),
    "unknown-facet": "‘{facet}’ is not something results can be filtered by.",
    "unknown-sort": "Results cannot be sorted by ‘{sort}’, only by relevance, date or name.",
    # Accounts
    "account-name": (
        "An account name has 1 to 80 letters, digits or the characters . _ @ + - "
        "and begins with a letter or digit."
    ),
    "password-short": "A password has at least 12 characters.",
    "password-long": "A password has at most 500 characters.",
    "account-taken": "There is an account of this name already.",
    "no-role": "There is no such role.",
    "no-account": "There is no account of this name. ‘allmende user list’ shows all.",
    # What an operator decides about an entry
    "reason-missing": "Please give a reason.",
    "not-pending": "This entry is not waiting any more.",
    "entry-withdrawn": "This entry was withdrawn for good. Only its publisher can bring it back.",
    "not-a-licence": "‘{value}’ is no SPDX licence expression, for example EUPL-1.2.",
    "not-an-address": "‘{value}’ is no web address.",
    # ... and about an address at which another repository stands now
    "not-taken-over": (
        "This address is not left alone (any more). ‘allmende release’ and the overview show those that are."
    ),
    "owned-already": (
        "The repository that stands there now belongs to the entry ‘{name}’ already. "
        "Say that it is other software: the address then goes to that entry."
    ),
    "number-unknown": (
        "It was not noted which repository stands there now. "
        "It is noted at the next visit; please decide then."
    ),
    "same-or-other": "Please give either --same or --other REASON.",
    # Registering
    "address-missing": (
        "Please give the address of a repository, for example https://github.com/owner/name."
    ),
    "one-at-a-time": (
        "{url} leads to many repositories. Please give one at a time here; "
        "for a whole organisation please write to the operator."
    ),
    "no-entry": (
        "This repository makes no entry: it is a template, a fork without metadata of its own, "
        "or it asks not to be listed (allmende: ignore)."
    ),
    "dot-repository": (
        "Repositories whose name begins with a dot hold settings of a forge and make no entry."
    ),
    # Checking
    "no-such-file": "There is no file or folder ‘{path}’.",
    "file-unreadable": "‘{path}’ could not be read ({reason}).",
    "unknown-file": "‘{path}’ is no metadata file that is known. Known are: {known}.",
    "offline": "{url} was not asked, because no connection was wanted.",
    "several-repositories": "{url} leads to many repositories. Please give the address of a single one.",
    # Backup and restore
    "no-backup": "{file} is no backup of Allmende, or it is damaged ({part}).",
    "not-empty": (
        "There is a catalogue here already. A backup is restored into an empty one: "
        "name another folder or database."
    ),
    "in-use": "Another process of Allmende works in this folder. Stop it first.",
    "newer-backup": (
        "The backup was made by a newer version of Allmende ({version}). Please install that version first."
    ),
    # What an operator should see to
    "loopback": (
        "BASE_URL is {base}, which only this machine can reach. "
        "Set ALLMENDE_BASE_URL to the public address before anybody links to an entry."
    ),
    "rebased": (
        "BASE_URL was changed: the identifiers still begin with {was}. "
        "Run ‘allmende rebase’ to write them anew."
    ),
    "little-space": (
        "Only {megabytes} MB are left on the disk of DATA_DIR. "
        "When it is full, reading goes on, but nothing new is written."
    ),
    "log-ahead": (
        "The change log is ahead of this machine's clock ({head}). "
        "Check the clock; new entries are dated after the log until it has caught up."
    ),
    "sources-failing": "{count} sources could not be read for more than a week.",
}
# Those of crawls too.
EVERY: dict[str, str] = {**faults.SENTENCES, **SENTENCES}
