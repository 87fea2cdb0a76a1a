"""A solution as a metadata file for its owner's repository: the same bytes for the same solution."""

from __future__ import annotations

import json
from typing import Any

import yaml

from vocabularies.formats import codemeta as codemeta_format
from vocabularies.formats import publiccode as publiccode_format
from vocabularies.terms import Solution


def codemeta(solution: Solution) -> bytes:
    """A codemeta.json of CodeMeta 3, UTF-8, keys in the order of the terms."""
    return json.dumps(codemeta_format.write(solution), ensure_ascii=False, indent=2).encode() + b"\n"


def publiccode(solution: Solution) -> bytes:
    """A publiccode.yml of the newest version, UTF-8, keys in the standard's order, long texts as blocks."""
    return as_yaml(publiccode_format.write(solution))


def as_yaml(document: dict[str, Any]) -> bytes:
    """A document as YAML, UTF-8, keys in their order, long texts as blocks."""
    text = yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=False,
    )
    return str(text).encode()


class _Dumper(yaml.SafeDumper):
    """No aliases, lists indented below their key, and a text of several lines as a block."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
