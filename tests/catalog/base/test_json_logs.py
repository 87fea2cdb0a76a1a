"""Logs carry no secret and nothing that turns letters around; texts of strangers cost what they should.

Files are there whole or not at all.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest

from catalog.base.atomic_files import whole_file
from catalog.base.json_logs import JsonLines, clean
from tests.support.cost import cpu
from vocabularies.rdf.dcat_ap import is_function_mailbox, plain_text


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary",
        "authorization=token canary",
        "PRIVATE-TOKEN: canary",
        '{"token": "canary"}',
        "https://me:canary@host.example/x",
        "https://canary@host.example/x",
        "https://host.example/?access_token=canary&x=1",
        "ALLMENDE_GITHUB_TOKEN=canary",
        "password='canary'",
    ],
)
def test_secrets_are_left_out(text: str) -> None:
    assert "canary" not in clean(f"before {text} after")
    assert clean(f"before {text} after").startswith("before ")


@pytest.mark.parametrize(
    "text", ["https://host.example/a/b@c", "crawled source 3: {'found': 2}", "a@b.example wrote"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert clean(text) == text


def test_a_record_is_one_line_of_json_whatever_stands_in_it() -> None:
    try:
        raise ValueError("https://canary@host.example/")
    except ValueError:
        fault = sys.exc_info()
    record = logging.LogRecord("n", logging.ERROR, "f", 1, "a\nb\u202ec\x1b[31m \u2028 ü %s", ("d",), fault)
    record.source, record.level = "token=canary", "forged"
    line = JsonLines().format(record)
    said = json.loads(line)
    assert len(line.splitlines()) == 1
    assert (said["message"], said["level"]) == ("a\nb\u202ec\x1b[31m \u2028 ü d", "ERROR")
    assert "canary" not in line
    assert "ü" in line
    assert not set(line) & set("\u202e\u2028\x1b")


@pytest.mark.parametrize(
    "piece", ["**a", "![", "[", "[a](", "<a", "*a", "`a", "__a ", "# ", "> ", "\n", "[a](b", "]("]
)
def test_a_text_of_nothing_but_marks_costs_little(piece: str) -> None:
    assert cpu(lambda: plain_text((piece * 20_000)[:20_000]), enough=1.5) < 1.5


@pytest.mark.parametrize(
    ("address", "function"),
    [
        ("info@stadt.example", True),
        ("open-source@stadt.example", True),
        ("team.digital@stadt.example", True),
        ("smartcity2@stadt.example", True),
        ("georg@stadt.example", False),
        ("georg.mueller@stadt.example", False),
        ("it.meier@stadt.example", False),
        ("devin@stadt.example", False),
        ("amtmann@stadt.example", False),
        ("stadler@stadt.example", False),
        ("e.muster@stadt.example", False),
        ("info", False),
        ("@stadt.example", False),
    ],
)
def test_in_doubt_a_mailbox_is_a_persons(address: str, function: bool) -> None:
    assert is_function_mailbox(address) == function


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "export.ttl"
    with whole_file(target) as file:
        file.write(b"first")
    with pytest.raises(ZeroDivisionError), whole_file(target) as file:
        file.write(b"half" * 1_000_000 if 1 // 0 else b"")
    assert target.read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["export.ttl"]
