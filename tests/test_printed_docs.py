"""The pages that are printed from tables are those that lie in docs/."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from catalog.base import settings
from tests.support.packages import ROOT
from vocabularies import mapping


@pytest.mark.parametrize(("name", "print_"), [("settings", settings.page), ("mapping", mapping.page)])
def test_the_page_is_what_the_table_prints(name: str, print_: Callable[[], str]) -> None:
    assert (ROOT / "docs" / f"{name}.md").read_text() == print_(), (
        f"run: .venv/bin/allmende {name} > docs/{name}.md"
    )
