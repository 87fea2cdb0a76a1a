"""How the text of a setting becomes its value. A parser raises ValueError with what would do instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from crawlers.forges.forge import Tokens


class NotOneOf(ValueError):
    """The text is none of these words, which nobody translates."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        super().__init__(" or ".join(choices))
        self.choices = choices


def url(text: str) -> str:
    """A web address, without the slash at its end."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+(/[^\s?#]*)?", text):
        raise ValueError("a web address such as https://allmende.example.org")
    return text.rstrip("/")


def choice(*allowed: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise NotOneOf(allowed)
        return text

    return parse


def number(text: str) -> int:
    """A whole number, 0 too."""
    if not text.isdigit():
        raise ValueError("a whole number")
    return int(text)


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdigit() or not int(text):
        raise ValueError("a whole number above 0")
    return int(text)


def flag(text: str) -> bool:
    """Yes or no."""
    if text.lower() not in ("true", "false", "yes", "no", "1", "0"):
        raise ValueError("true or false")
    return text.lower() in ("true", "yes", "1")


def words(text: str) -> tuple[str, ...]:
    """Words, separated by blanks or commas."""
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def hosts(text: str) -> tuple[str, ...]:
    """Several host:port."""
    found = words(text)
    if not all(re.fullmatch(r"[A-Za-z0-9.\-\[\]:]+:\d{1,5}", host) for host in found):
        raise ValueError("a list of host:port, for example git.intern.example:443")
    return found


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`https://github.com/=http://mirror.example:8080/`, several separated by blanks.

    Fetched there, named here.
    """
    found = tuple(tuple(word.split("=", 1)) for word in text.split())
    if not all(
        len(pair) == 2 and all(part.startswith(("http://", "https://")) for part in pair) for pair in found
    ):
        raise ValueError("pairs such as https://github.com/=http://mirror.example:8080/")
    return found  # type: ignore[return-value]


def tokens(forge: Tokens, text: str) -> tuple[tuple[str, str], ...]:
    """`host=token`, several separated by blanks; a token alone belongs to the forge's usual host."""
    tokens_by_host = []
    for word in text.split():
        host, separator, token = word.partition("=")
        if not separator:
            host = forge.host
            token = word
        tokens_by_host.append((host, forge.authorization.format(token)))
    return tuple(tokens_by_host)


def certificates(text: str) -> str:
    """A file with certificates in PEM form, "" for none."""
    try:
        fits = not text or "-----BEGIN CERTIFICATE-----" in Path(text).read_text(errors="replace")
    except OSError:
        fits = False
    if not fits:
        raise ValueError("a file of certificates in PEM form, for example /etc/ssl/certs/ca-certificates.crt")
    return text


def languages(text: str) -> tuple[str, ...]:
    """Languages of the site, at least one."""
    found = words(text)
    if not found or not set(found) <= {"de", "en"}:
        raise ValueError("de, en or both")
    return found
