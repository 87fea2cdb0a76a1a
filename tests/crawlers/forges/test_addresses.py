"""The canonical address of a repository, and what is no address at all."""

from __future__ import annotations

import contextlib
import doctest
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import CrawlError
from crawlers.forges import addresses
from crawlers.forges.addresses import canonical, file_page, place
from crawlers.forges.registry import FORGES
from crawlers.net.address import shown, split

COMMIT = "0123456789abcdef0123456789abcdef01234567"

SAME = {
    "https://github.com/town/app": [
        "https://github.com/town/app/",
        "https://github.com/Town/App",
        "https://GitHub.com/town/app.git",
        "https://github.com/town/app.git/",
        "https://www.github.com/town/app",
        "http://github.com/town/app",
        "http://www.github.com:80/town/app",
        "https://github.com:443/town/app",
        "https://github.com//town///app",
        "https://github.com/town/app/tree/main",
        "https://github.com/town/app/tree/feature/x/docs",
        "https://github.com/town/app/blob/main/publiccode.yml",
        "https://github.com/town/app/issues/12",
        "https://github.com/town/app/releases",
        "https://github.com/town/app#readme",
        "https://github.com/town/app?tab=readme-ov-file",
        "git@github.com:town/app.git",
        "git@github.com:Town/App",
        "ssh://git@github.com/town/app.git",
        "ssh://git@github.com:22/town/app.git",
        "git://github.com/town/app.git",
        "git+https://github.com/town/app.git",
        "git+ssh://git@github.com/town/app.git",
        "github.com/town/app",
        "www.github.com/town/app.git",
        "  https://github.com/town/app\n",
    ],
    "https://gitlab.opencode.de/Group/sub/App": [
        "https://gitlab.opencode.de/Group/sub/App.git",
        "https://gitlab.opencode.de/Group/sub/App/-/tree/main",
        "https://gitlab.opencode.de/Group/sub/App/-/blob/main/README.md?ref_type=heads",
        "https://gitlab.opencode.de/Group/sub/App/-/issues",
        "https://gitlab.opencode.de/Group/sub/App/tree/main",
        "git@gitlab.opencode.de:Group/sub/App.git",
        "ssh://git@gitlab.opencode.de:2222/Group/sub/App.git",
    ],
    "https://codeberg.org/Town/App": [
        "https://codeberg.org/Town/App/src/branch/main/docs",
        "https://codeberg.org/Town/App/src/commit/0123/x",
        "https://codeberg.org/Town/App/",
        "https://codeberg.org/Town/App/wiki",
    ],
    "https://git.example.org/cgit/app": [
        "https://git.example.org/cgit/app.git",
        "git://git.example.org/cgit/app.git",
    ],
    "https://git.example.org/scm/src": ["https://git.example.org/scm/src/"],
    "https://git.example.org/my%20project/app": ["https://git.example.org/my%20project/app.git"],
    "http://127.0.0.1:8080/town/app": ["http://127.0.0.1:8080/town/app.git"],
    "https://git.example.org:8443/a/b": ["https://git.example.org:8443/a/b/"],
    "https://xn--bcher-kva.example/a/b": ["https://bücher.example/a/b", "https://BÜCHER.example/a/b.git"],
    "https://www.de/a/b": ["https://www.www.de/a/b"],
}


def _spellings() -> Iterator[tuple[str, str]]:
    for expected, others in SAME.items():
        for spelled in (expected, *others):
            yield spelled, expected


@pytest.mark.parametrize(("spelled", "expected"), list(_spellings()))
def test_one_repository_has_one_address(spelled: str, expected: str) -> None:
    assert canonical(spelled) == expected


def test_case_counts_where_it_may() -> None:
    assert canonical("https://gitlab.com/A/b") != canonical("https://gitlab.com/a/b")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "no-url"),
        ("town/app", "no-url"),
        ("not an address", "no-url"),
        ("https://", "no-url"),
        ("https:///town/app", "no-url"),
        ("https://github.com", "not-a-repository"),
        ("https://github.com/town", "not-a-repository"),
        ("https://github.com/town/.git", "not-a-repository"),
        ("https://github.com/orgs/town", "not-a-repository"),
        ("https://gitlab.com/town/..git", "not-a-repository"),
        ("https://github.com/topics/publiccode", "not-a-repository"),
        ("https://example.org/", "not-a-repository"),
        ("https://user@github.com/town/app", "credentials"),
        ("https://user:secret@github.com/town/app", "credentials"),
        ("ssh://secret@github.com/town/app", "credentials"),
        ("ssh://git:secret@github.com/town/app", "credentials"),
        ("ftp://example.org/town/app", "not-https"),
        ("file:///etc/passwd", "no-url"),
        ("javascript:alert(1)", "no-url"),
        ("ext::sh -c touch% /tmp/x", "no-url"),
        ("-oProxyCommand=x", "no-url"),
        ("--upload-pack=touch", "no-url"),
        ("https://github.com/town/../app", "no-url"),
        ("https://github.com/town/%2e%2e/app", "no-url"),
        ("https://github.com/town%2Fapp/x", "no-url"),
        ("https://github.com/town/app%00", "no-url"),
        ("https://github.com/town/app%ff", "no-url"),
        ("https://github.com/to\twn/app", "no-url"),
        ("https://github.com\\@example.org/town/app", "no-url"),
        ("https://github.com./town/app", "no-url"),
        ("https://0x7f.1/town/app", "no-url"),
        ("https://[::1/town/app", "no-url"),
        ("https://[::1%25lo]/town/app", "no-url"),
        ("https://example.org:0/town/app", "no-url"),
        ("https://example.org:99999/town/app", "no-url"),
        ("https://example.org:x/town/app", "no-url"),
        ("https://exa_mple.org/town/app", "no-url"),
        ("https://" + "a" * 64 + ".org/town/app", "no-url"),
        ("https://example.org/" + "a" * 3000, "no-url"),
        ("https://①②⑦.0.0.1/town/app", "no-url"),
        ("https://github.com/town/\u202eppa", "no-url"),
    ],
)
def test_what_is_no_repository_is_refused_with_a_sentence(url: str, code: str) -> None:
    with pytest.raises(CrawlError) as refused:
        canonical(url)
    assert refused.value.code == code


_HOSTS = st.sampled_from(
    ["github.com", "www.GitHub.com", "gitlab.com", "codeberg.org", "git.example.org:8443", "bücher.example"]
)
_SEGMENTS = st.lists(
    st.one_of(
        st.text(alphabet="abzAZ09-_.~%+ äß", min_size=1, max_size=8),
        st.sampled_from(
            [
                ".git",
                "x.git",
                "tree",
                "src",
                "branch",
                "-",
                "blob",
                "tree.git",
                "..",
                "%2e",
                "%C3%A4",
                "%2541",
                "@",
            ]
        ),
    ),
    max_size=6,
)
_ADDRESSES = st.builds(
    lambda scheme, host, segments, tail: f"{scheme}{host}/{'/'.join(segments)}{tail}",
    st.sampled_from(["https://", "http://", "ssh://git@", "git://", "", "git+https://"]),
    _HOSTS,
    _SEGMENTS,
    st.sampled_from(["", "/", ".git", "?a=b", "#c", "/-/tree/x"]),
)


@given(_ADDRESSES)
def test_a_canonical_address_is_its_own_canonical_address(url: str) -> None:
    try:
        once = canonical(url)
    except CrawlError:
        return
    assert canonical(once) == once
    assert split(once).scheme in ("https", "http")
    assert not once.endswith((".git", "/"))


_BEGUN = st.builds("{}{}".format, st.sampled_from(["https://", "git@", "ssh://", "//"]), st.text())


@given(st.one_of(st.text(max_size=60), _BEGUN))
def test_whatever_is_typed_gives_an_address_or_our_error(text: str) -> None:
    for read in (canonical, split):
        with contextlib.suppress(CrawlError):
            read(text)
    assert len(shown(text)) <= 200


@pytest.mark.parametrize(
    "url",
    [
        "https://token:SECRET@example.org/a",
        "https://SECRET@example.org/a",
        "https://example.org/a?private_token=SECRET",
        "https://example.org/a#SECRET",
        "//SECRET@example.org/a",
        "ssh://a:SECRET@b@example.org/x",
    ],
)
def test_no_message_repeats_a_secret(url: str) -> None:
    assert "SECRET" not in shown(url)
    with pytest.raises(CrawlError) as refused:
        canonical(url + " x")
    assert "SECRET" not in str(refused.value) + repr(refused.value.values)


@pytest.mark.parametrize(
    ("url", "forge", "expected"),
    [
        (
            "https://github.com/town/app",
            "",
            f"https://github.com/town/app/blob/{COMMIT}/a%20b/publiccode.yml",
        ),
        (
            "https://gitlab.com/g/s/app",
            "",
            f"https://gitlab.com/g/s/app/-/blob/{COMMIT}/a%20b/publiccode.yml",
        ),
        (
            "https://gitlab.opencode.de/g/app",
            "",
            f"https://gitlab.opencode.de/g/app/-/blob/{COMMIT}/a%20b/publiccode.yml",
        ),
        (
            "https://codeberg.org/town/app",
            "",
            f"https://codeberg.org/town/app/src/commit/{COMMIT}/a%20b/publiccode.yml",
        ),
        (
            "https://code.example.org/town/app",
            "gitea",
            f"https://code.example.org/town/app/src/commit/{COMMIT}/a%20b/publiccode.yml",
        ),
        (
            "https://code.example.org/town/app",
            "",
            f"https://code.example.org/town/app#{COMMIT}:a%20b/publiccode.yml",
        ),
    ],
)
def test_a_document_has_the_address_its_forge_gives_it(url: str, forge: str, expected: str) -> None:
    assert file_page(url, COMMIT, "a b/publiccode.yml", forge=FORGES.get(forge)) == expected


@pytest.mark.parametrize(
    ("url", "origin", "segments"),
    [
        ("github.com/Town", "https://github.com", ["Town"]),
        ("http://www.codeberg.org/", "https://codeberg.org", []),
        ("http://127.0.0.1:3000/town", "http://127.0.0.1:3000", ["town"]),
        ("https://x.example/st%C3%A4dte/b", "https://x.example", ["städte", "b"]),
    ],
)
def test_an_address_names_a_place(url: str, origin: str, segments: list[str]) -> None:
    assert place(url) == (origin, segments)


@pytest.mark.parametrize(
    "url", ["ftp://github.com/town", "https://user:secret@github.com/town", "", "https://"]
)
def test_what_is_no_place(url: str) -> None:
    with pytest.raises(CrawlError):
        place(url)


def test_the_examples_hold() -> None:
    assert doctest.testmod(addresses).failed == 0
