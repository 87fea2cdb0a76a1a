"""What can go wrong during a crawl: the codes, their sentences, the stored value, the exception."""

from __future__ import annotations

import msgspec

# Code -> English sentence (the message id of the gettext catalogue). Values are filled in with str.format.
SENTENCES: dict[str, str] = {
    "no-url": (
        "‘{url}’ is not a web address. "
        "Please give the address of a repository, for example https://github.com/owner/name."
    ),
    "not-https": "‘{url}’ does not begin with https://. Only encrypted addresses are read.",
    "credentials": (
        "The address contains a user name or password. Please give the public address without them."
    ),
    "forbidden-address": (
        "{host} leads to a private or reserved network address. Such addresses are not read."
    ),
    "forbidden-port": "{host} was named with port {port}. Only the usual ports 80 and 443 are read.",
    "unknown-host": "There is no server with the name {host}.",
    "unreachable": "{host} could not be reached ({reason}).",
    "timeout": "{host} did not answer completely within {seconds} seconds.",
    "too-large": "{url} is larger than the {limit} bytes that are read.",
    "encoding": "{host} sent an answer with a chained or unknown compression. It was not read.",
    "redirects": "{url} redirects more than {limit} times.",
    "tls": "The certificate of {host} is not valid ({reason}).",
    "not-found": "{url} does not exist or is not public.",
    "gone": "{url} has been removed.",
    "refused": "{host} refused the request (status {status}).",
    "rate-limit": "{host} asks to wait until {until}.",
    "server-error": "{host} reports a fault of its own (status {status}).",
    "not-json": "{url} answered with something else than the expected data (an error page, perhaps).",
    "truncated": "The answer of {url} was cut off.",
    "not-a-repository": "{url} is no Git repository that can be read without signing in.",
    "empty-repository": "{url} is an empty repository.",
    "bad-repository": "{url} sent data that is no valid Git data ({reason}).",
    "git-refused": "The Git server of {url} refused to answer: {message}",
    # Of earlier versions, in the history of runs: SHA-256 is read by now.
    "object-format": "{url} names its objects with SHA-256. Such repositories cannot be read yet.",
    "names-of-objects": "{url} names its objects in a way that is not known here ({name}).",
    "no-head": (
        "HEAD of {url} names a branch that does not exist. Its branches are: {branches}. "
        "Please set the default branch to one of them."
    ),
    "link": "{url} is only a link to another file. Please put the file itself in its place.",
    "no-such-owner": "There is no organisation, group or user at {url}.",
    "unknown-forge": (
        "{host} is no platform for source code that could be recognised. "
        "Please give the address of a single repository. GitHub Enterprise, "
        "and forges below a path of their host, are only read repository by repository."
    ),
    "breaker": "{host} failed {count} times in a row and is left alone until {until}.",
    "host-busy": "Another part of Allmende is reading from this host. Please try again in a minute.",
    "ended": "Allmende was being stopped before this was read. Please try again in a minute.",
    "address-taken-over": (
        "{url} is another repository now than the one that was read there before. Nothing was taken from it."
    ),
    "redirects-elsewhere": "{url} leads to {there}, which is another entry. Nothing was taken from it.",
    "internal": (
        "{url} was read, but Allmende could not keep it because of a fault of its own, which is in its log."
    ),
    "ignored": "{url} asks not to be listed (allmende: ignore).",
    "unknown": (
        "The reason was recorded by another version of Allmende and is not known to this one ({recorded})."
    ),
}
# Codes and names of values that earlier versions have stored. They stay readable for ever.
RENAMED = {
    "git-said": "git-refused",
    "led-astray": "redirects-elsewhere",
    "replaced": "address-taken-over",
}
RENAMED_VALUES = {("git-refused", "said"): "message"}
LONGEST_RECORDED = 100  # characters of an unreadable fault that are shown


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, as stored and shown. `code` is a key of SENTENCES, `values` fill its sentence."""

    code: str
    values: dict[str, str] = {}

    @staticmethod
    def read(text: str) -> Fault:
        """The fault of a stored text of any version; "unknown" if this one does not know it. Never raises.

        >>> Fault.read('{"code":"replaced","values":{"url":"https://git.example/a"}}')
        Fault(code='address-taken-over', values={'url': 'https://git.example/a'})
        """
        try:
            stored = msgspec.json.decode(text, type=_StoredFault)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return Fault("unknown", {"recorded": text[:LONGEST_RECORDED]})
        code = RENAMED.get(stored.code, stored.code)
        if code not in SENTENCES:
            return Fault("unknown", {"recorded": code[:LONGEST_RECORDED]})
        values = {}
        for name, value in stored.values.items():
            values[RENAMED_VALUES.get((code, name), name)] = str(value)
        return Fault(code, values)

    def text(self) -> str:
        """The JSON that `read` takes."""
        return msgspec.json.encode(self).decode()


class _StoredFault(msgspec.Struct):
    """The JSON of a fault; other keys beside these, such as `since`, are left to those who wrote them."""

    code: str
    values: dict[str, str | int | float] = {}


class FaultError(Exception):
    """An error that is stored and shown as a `Fault`. Its text is the English sentence, for logs."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        self.fault = fault
        super().__init__(sentence.format_map(_MissingValues(fault.values)))

    @property
    def code(self) -> str:
        return self.fault.code

    @property
    def values(self) -> dict[str, str]:
        return self.fault.values


class CrawlError(FaultError):
    """The other end could not be read. Never carries a token.

    `code` is a key of SENTENCES, `values` fill its sentence. `status` is the HTTP status if there was one;
    `retry_at` (seconds since the epoch) when the host asked to wait.
    """

    def __init__(self, code: str, *, status: int = 0, retry_at: float = 0.0, **values: str | int) -> None:
        if status:
            values["status"] = status
        self.status = status
        self.retry_at = retry_at
        fault = Fault(code, {name: str(value) for name, value in values.items()})
        super().__init__(fault, SENTENCES[code])


class Interrupted(FaultError):
    """It was not tried to its end, for reasons of ours. So it says nothing of the other end.

    It is no CrawlError, which would be noted as a failure of whatever was asked for.
    """

    def __init__(self, code: str) -> None:
        super().__init__(Fault(code), SENTENCES[code])


class _MissingValues(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
