"""Kinds of value written as addresses but read otherwise: identifiers, licences, statuses, repositories."""

from __future__ import annotations

import re

from vocabularies import concepts
from vocabularies.values import kinds
from vocabularies.values.kinds import Concept, Licence, Note, Unclean, Uri, Url, short

_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*|DOI:\s*)?(10\.\d{4,9}/[^\s\"<>]+)")
_SWHID = re.compile(
    r"(?:https?://(?:archive\.softwareheritage|identifiers)\.org/)?"
    r"(swh:1:(?:snp|rel|rev|dir|cnt):[0-9a-f]{40})(?:;\S*)?/?"
)
_CITED = re.compile(
    r"(?:doi\.org/|doi:\s*)(10\.\d{4,9}/[^\s\"<>;,)]+)|(https?://[^\s\"<>;,)]+)",
    re.IGNORECASE,
)
_ORCID = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])/?")
_LICENCE_PAGE = re.compile(
    r"https?://(?:www\.)?(?:spdx\.org/licenses|choosealicense\.com/licenses)/"
    r"([\w.+-]+?)(?:\.(?:html|json|txt))?/?"
)
_STATUS_PAGE = re.compile(r"https?://(?:www\.)?repostatus\.org/(?:badges/[\w.]+/)?#?(\w+)(?:\.svg|\.png)?")


class Identifier(Uri):
    """What names this very thing wherever it lies.

    A DOI as https address in lower case, a SWHID without qualifiers, or another URI.
    """

    expects = "an identifier"

    def of_text(self, text: str, note: Note) -> str:
        identifier = doi(text) or swhid(text)
        if identifier:
            if re.search(r"x{3,}|0{7,}$", identifier):
                raise Unclean("placeholder", value=short(text))
            return identifier
        if " " in text or (":" not in text and not text.startswith("www.")):
            raise Unclean("no-identifier", value=short(text))
        return str(super().of_text(text, note))


class Reference(Identifier):
    """A work that is cited: by DOI or address, which may stand in a sentence about it."""

    def of_text(self, text: str, note: Note) -> str:
        match = _CITED.search(text) if " " in text else None
        if match:
            text = (match[1] or match[2]).rstrip(".")
        return super().of_text(text, note)


def doi(text: str) -> str:
    """The https address of a DOI, "" if the text is none.

    >>> doi("10.5281/Zenodo.42"), doi("https://dx.doi.org/10.5281/zenodo.42"), doi("42")
    ('https://doi.org/10.5281/zenodo.42', 'https://doi.org/10.5281/zenodo.42', '')
    """
    match = _DOI.fullmatch(text.strip())
    return kinds.mend_url("https://doi.org/" + match[1].lower().rstrip(".,;")) if match else ""


def swhid(text: str) -> str:
    """A Software Heritage identifier without address and qualifiers, "" if the text is none.

    >>> swhid("swh:1:dir:" + "ab" * 20 + ";origin=https://example.org/x") == "swh:1:dir:" + "ab" * 20
    True
    """
    match = _SWHID.fullmatch(text.strip())
    return match[1] if match else ""


class GlobalId(Identifier):
    """The `@id` of a node, where it means something outside its document; "_:b0" and "/person/x" do not."""

    def clean(self, raw: object, note: Note = kinds.silent) -> str | None:
        text = self.text(raw, note)
        try:
            return str(self.of_text(text, note)) if re.match(r"[a-z]+:|10\.", text) else None
        except Unclean:
            return None


class Orcid(Identifier):
    """Who somebody is: an ORCID iD, also without its address, or another address of a person or body."""

    def of_text(self, text: str, note: Note) -> str:
        match = _ORCID.fullmatch(text)
        if not match:
            return super().of_text(text, note)
        if set(match[1]) == {"0", "-"}:
            raise Unclean("placeholder", value=short(text))
        return f"https://orcid.org/{match[1].upper()}"


class LicenceAddress(Licence):
    """A licence by its address, else an expression or a name.

    The address is one at SPDX, the Open Source Initiative, choosealicense.com or the licence's own.
    """

    def of_text(self, text: str, note: Note) -> str:
        if "://" not in text:
            return super().of_text(text, note)
        match = _LICENCE_PAGE.fullmatch(text)
        expression = kinds.spdx(match[1]) if match else ""
        if expression:
            self._note_deprecated(expression, note)
            return expression
        return concepts.find("licence", text) or super().of_text(text, note)


class StatusAddress(Concept):
    """A development status by its address at repostatus.org or by a word."""

    def of_text(self, text: str, note: Note) -> str:
        match = _STATUS_PAGE.fullmatch(text)
        code = concepts.find(self.scheme, match[1] if match else text)
        if not code:
            raise Unclean(
                "not-understood",
                value=short(text),
                expected="Use a status of repostatus.org, for example https://www.repostatus.org/#active.",
            )
        return code


class Repository(Url):
    """The address of a Git repository, also as SSH or package managers have it: `scm:git:`, `git+https`."""

    def of_text(self, text: str, note: Note) -> str:
        address = re.sub(r"^(?:scm:git:|git\+(?=https?:))", "", text)
        address = re.sub(
            r"^(?:git\+)?(?:git|ssh)://(?:[\w.-]+@)?([\w.-]+)(?::\d+)?/", r"https://\1/", address
        )
        address = re.sub(r"^[\w.-]+@([\w.-]+):(?!/)", r"https://\1/", address)
        url = super().of_text(address, note)
        if address != text:
            note("url-mended", right=short(str(url), 200))
        return str(url)


IDENTIFIER = Identifier()
REFERENCE = Reference()
GLOBAL_ID = GlobalId()
ORCID = Orcid()
LICENCE_ADDRESS = LicenceAddress()
STATUS_ADDRESS = StatusAddress("status")
REPOSITORY = Repository()
