"""Faults are stored as JSON and read for ever: what earlier and later versions wrote never breaks a page."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.faults import RENAMED, SENTENCES, CrawlError, Fault, FaultError

URL = "https://code.example.org/town/app"


@given(st.sampled_from(sorted(SENTENCES)), st.dictionaries(st.text(), st.text(), max_size=4))
def test_what_is_written_is_read(code: str, values: dict[str, str]) -> None:
    fault = Fault(code, {name: value for name, value in values.items() if name != "said"})
    assert Fault.read(fault.text()) == fault


def test_the_stored_text() -> None:
    assert Fault("not-found", {"url": URL}).text() == f'{{"code":"not-found","values":{{"url":"{URL}"}}}}'
    assert Fault("credentials").text() == '{"code":"credentials"}'


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (
            f'{{"code":"replaced","values":{{"url":"{URL}","numbers":"code.example.org#8"}}}}',
            Fault("address-taken-over", {"url": URL, "numbers": "code.example.org#8"}),
        ),
        (
            f'{{"code":"led-astray","values":{{"url":"{URL}","there":"https://other.example/x"}}}}',
            Fault("redirects-elsewhere", {"url": URL, "there": "https://other.example/x"}),
        ),
        (
            f'{{"code":"git-said","values":{{"url":"{URL}","said":"no"}}}}',
            Fault("git-refused", {"url": URL, "message": "no"}),
        ),
        (
            '{"code":"timeout","values":{"host":"h","seconds":30}}',
            Fault("timeout", {"host": "h", "seconds": "30"}),
        ),
        ('{"code":"credentials","values":{}}', Fault("credentials")),
        ('{"code":"credentials"}', Fault("credentials")),
    ],
)
def test_earlier_versions_are_read(stored: str, expected: Fault) -> None:
    assert Fault.read(stored) == expected


def test_other_keys_are_left_to_those_who_wrote_them() -> None:
    stored = f'{{"code":"gone","values":{{"url":"{URL}"}},"since":"2026-11-02T00:00:00.000Z"}}'
    assert Fault.read(stored) == Fault("gone", {"url": URL})


@pytest.mark.parametrize(
    ("stored", "recorded"),
    [
        ('{"code":"of-tomorrow","values":{"host":"h"}}', "of-tomorrow"),
        ("no JSON", "no JSON"),
        ('{"values":{}}', '{"values":{}}'),
        ("[" * 100_000, "[" * 100),
        ("", ""),
    ],
)
def test_what_is_not_known_has_a_plain_sentence(stored: str, recorded: str) -> None:
    fault = Fault.read(stored)
    assert fault == Fault("unknown", {"recorded": recorded})
    assert recorded in SENTENCES[fault.code].format_map(fault.values)


@given(st.text() | st.binary().map(lambda noise: noise.decode("latin-1")))
def test_any_text_is_read(text: str) -> None:
    assert Fault.read(text).code in SENTENCES


def test_a_renamed_code_leads_to_one_that_is_known() -> None:
    assert not RENAMED.keys() & SENTENCES.keys()
    assert set(RENAMED.values()) <= SENTENCES.keys()


def test_the_error_carries_its_fault() -> None:
    error = CrawlError("refused", host="h", status=403, retry_at=5.0)
    assert isinstance(error, FaultError)
    assert error.fault == Fault("refused", {"host": "h", "status": "403"})
    assert (error.code, error.values, error.status, error.retry_at) == (
        "refused",
        error.fault.values,
        403,
        5.0,
    )
    assert str(error) == "h refused the request (status 403)."
    assert str(CrawlError("refused")) == "? refused the request (status ?)."


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_can_be_filled(code: str) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}
    sentence = str(CrawlError(code, **{name: f"<{name}>" for name in names if name != "status"}, status=500))
    assert all(f"<{name}>" in sentence for name in names - {"status"})
