"""Solutions as the writers get them.

Values as the kinds leave them, in texts that a careless writer would break.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from vocabularies import concepts
from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Distribution, Service, Solution
from vocabularies.values import kinds
from vocabularies.values.kinds import Kind, Unclean

Strategy = st.SearchStrategy[Any]
_ODD = [
    "yes",
    "no",
    "null",
    "~",
    "1.10",
    "0x1f",
    "- a",
    "a: b",
    "# a",
    "'",
    '"',
    "{a}",
    "[a]",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%",
    "@a",
    "2026-01-02",
    "ä ö",
    "🚧",
    "\\u0041",
]


def _stays(kind: Kind) -> Callable[[Any], bool]:
    """Whether a value is as the kind would leave it."""

    def check(value: Any) -> bool:
        try:
            return bool(kind.clean(value) == value)
        except Unclean:
            return False

    return check


_LETTERS = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=30
)
LINE = st.one_of(st.sampled_from(_ODD), _LETTERS).filter(_stays(kinds.LINE))
WORD = LINE.filter(lambda text: not set(text) & set(",;>"))
PROSE = st.lists(LINE, min_size=1, max_size=4).map("\n".join).filter(_stays(kinds.PROSE))
LONG = st.lists(LINE, min_size=2, max_size=4).map("\n\n".join).filter(_stays(kinds.PROSE))
URL = st.sampled_from(
    [
        "https://git.musterstadt.example/a/b",
        "https://musterstadt.example/?q=a&b=%20#c",
        "http://a.example:8080/x",
    ]
)
DATE = st.one_of(st.dates().map(str), st.just("2026-01-02T03:04:05Z"))
EMAIL = st.sampled_from(["digitales@musterstadt.example", "a.b+c@d.example"])
LANGUAGE = st.sampled_from(["de", "en", "nl", "en-gb", "de-x-ls"])
LICENCE = st.sampled_from(
    [
        "EUPL-1.2",
        "MIT",
        "EUPL-1.2 OR AGPL-3.0-or-later",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "Hauslizenz der Stadt",
    ]
)
IDENTIFIER = st.sampled_from(
    ["https://doi.org/10.5555/a.1", "swh:1:dir:" + "0a" * 20, "https://katalog.example/1"]
)


def code(scheme: str) -> Strategy:
    return st.sampled_from(sorted(concepts.scheme(scheme).concepts))


def some(value: Strategy) -> Strategy:
    """A sorted set."""
    return st.lists(value, max_size=3, unique=True).map(sorted).map(tuple)


def ordered(value: Strategy) -> Strategy:
    return st.lists(value, max_size=3, unique_by=repr).map(tuple)


def texts(value: Strategy, languages: Strategy = LANGUAGE) -> Strategy:
    return st.dictionaries(languages, value, max_size=3).map(lambda said: dict(sorted(said.items())))


def lists(value: Strategy, languages: Strategy, *, sort: bool) -> Strategy:
    items: Strategy = st.lists(value, min_size=1, max_size=3, unique=True).map(
        lambda found: tuple(sorted(found) if sort else found)
    )
    return st.dictionaries(languages, items, max_size=2).map(lambda said: dict(sorted(said.items())))


def maybe(value: Strategy) -> Strategy:
    return st.one_of(st.just(""), value)


def named(**others: Strategy) -> Strategy:
    return st.builds(Agent, name=LINE.map(lambda name: {"": name}), **others)


def concatenated(*parts: Strategy) -> Strategy:
    """Ordered values in the order in which the rows write them."""
    return st.tuples(*(ordered(part) for part in parts)).map(lambda groups: sum(groups, ()))


NONE = st.just("")
ANY = st.one_of(NONE, LANGUAGE)

PUBLICCODE = st.builds(
    Solution,
    repository=maybe(URL),
    name=texts(LINE, ANY)
    .map(lambda said: {**said, "": said.get("", "Schlaglochfinder")})
    .map(lambda said: dict(sorted(said.items()))),
    short_text=texts(LINE),
    text=texts(PROSE),
    features=lists(LINE, LANGUAGE, sort=False),
    awards=lists(LINE, LANGUAGE, sort=False),
    documentation=lists(URL, LANGUAGE, sort=True).map(
        lambda said: {key: value[:1] for key, value in said.items()}
    ),
    api_documentation=lists(URL, LANGUAGE, sort=True).map(
        lambda said: {key: value[:1] for key, value in said.items()}
    ),
    screenshots=lists(st.sampled_from(["docs/a.png", "b%20c.svg"]), LANGUAGE, sort=False),
    videos=lists(URL, LANGUAGE, sort=False),
    category=some(code("category")),
    scope=some(code("scope")),
    kind=st.one_of(st.just(()), st.sampled_from([("standalone/web",), ("library",), ("addon",)])),
    status=maybe(code("status")),
    suite=maybe(LINE),
    derived_from=some(URL),
    landing_page=maybe(URL),
    roadmap=maybe(URL),
    logo=maybe(st.just("docs/logo.svg")),
    licence=maybe(LICENCE),
    copyright_owner=maybe(LINE),
    publisher=st.one_of(st.none(), named(uri=maybe(st.just("urn:x-muster:1")))),
    contacts=ordered(
        st.builds(ContactPoint, name=LINE, email=maybe(EMAIL), phone=maybe(LINE), affiliation=maybe(LINE))
    ),
    attributions=concatenated(
        st.builds(Attribution, agent=named(), role=st.just("deployer")),
        st.builds(Attribution, agent=named(uri=maybe(URL)), role=st.just("funder")),
        st.builds(
            Attribution,
            agent=named(homepage=maybe(URL)),
            role=st.just("contractor"),
            until=maybe(DATE),
            email=maybe(EMAIL),
        ),
    ),
    maintenance=maybe(code("maintenance")),
    version=maybe(LINE),
    release_date=maybe(DATE),
    platforms=some(code("platform")),
    localisation_ready=st.sampled_from([None, True, False]),
    ui_languages=some(LANGUAGE),
    countries=some(code("country")),
    unsupported_countries=some(code("country")),
    dependencies=concatenated(
        *(
            st.builds(
                Dependency,
                name=LINE,
                kind=st.just(kind),
                version=maybe(LINE),
                version_min=maybe(LINE),
                optional=st.booleans(),
            )
            for kind in ("open", "proprietary", "hardware")
        )
    ),
    standards=some(st.sampled_from(["alias:openapi", "urn:x:1", "https://standard.example/1"])),
    services=ordered(st.builds(Service, leika_id=st.just("99010000000000"), topic=maybe(LINE))),
)

CODEMETA = st.builds(
    Solution,
    aliases=some(IDENTIFIER),
    repository=maybe(URL),
    name=texts(LINE, ANY).map(lambda said: said or {"": "Schlaglochfinder"}),
    alternative_name=texts(LINE, ANY),
    short_text=texts(LINE, ANY),
    text=texts(LONG, ANY),
    features=lists(LINE, ANY, sort=False),
    keywords=lists(WORD, ANY, sort=True),
    category=some(code("category")),
    status=maybe(code("status")),
    suite=maybe(LINE),
    derived_from=some(URL),
    landing_page=maybe(URL),
    documentation=lists(URL, NONE, sort=True),
    issue_tracker=maybe(URL),
    logo=maybe(st.just("docs/logo.svg")),
    screenshots=lists(st.sampled_from(["docs/a.png", "b%20c.svg"]), NONE, sort=False),
    licence=maybe(LICENCE),
    copyright_owner=maybe(LINE),
    publisher=st.one_of(st.none(), named(uri=maybe(URL), homepage=maybe(URL), affiliation=maybe(LINE))),
    authors=ordered(named(uri=maybe(URL), homepage=maybe(URL), affiliation=maybe(LINE))),
    contacts=ordered(
        st.builds(
            ContactPoint,
            name=LINE,
            email=maybe(EMAIL),
            phone=maybe(LINE),
            affiliation=maybe(LINE),
            url=maybe(URL),
        )
    ),
    attributions=concatenated(
        *(
            st.builds(Attribution, agent=named(uri=maybe(URL)), role=st.just(role))
            for role in ("funder", "developer")
        )
    ),
    version=maybe(LINE),
    release_date=maybe(DATE),
    first_published=maybe(DATE),
    platforms=some(code("platform")),
    programming_languages=some(LINE),
    ui_languages=some(LANGUAGE),
    dependencies=concatenated(
        st.builds(Dependency, name=LINE, kind=st.just("hardware"), version=maybe(LINE)),
        st.builds(Dependency, name=LINE, version=maybe(LINE)),
        st.builds(Dependency, name=LINE, version=maybe(LINE), optional=st.just(True)),
    ).map(lambda items: tuple(item for item in items if not concepts.find("platform", item.name))),
    distributions=concatenated(
        st.builds(
            Distribution, download_url=URL, title=maybe(LINE), media_type=maybe(st.just("application/zip"))
        ),
        st.builds(Distribution, access_url=URL, title=maybe(LINE)),
    ),
    references=some(st.sampled_from(["https://doi.org/10.5555/b.2", "https://journal.example/7"])),
)
