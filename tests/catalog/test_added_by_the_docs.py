"""A newcomer adds a forge and a format by the documents alone; everything else goes on by itself."""

from __future__ import annotations

from pathlib import Path

from tests.support import recipes

DOCUMENTS = ("add-a-forge.md", "formats.md")
# What is followed to the end, and those of the house's tests that hold for what is added as well.
TESTS = (
    "tests/catalog/added_by_the_docs.py",
    "tests/crawlers/forges/test_addresses.py",
    "tests/crawlers/forges/test_registry.py",
    "tests/catalog/base/test_language.py::test_every_sentence_has_german",
    "tests/catalog/base/test_language.py::test_no_german_sentence_without_a_user",
    "tests/test_house.py::test_imports_follow_the_arrows",
    "tests/test_house.py::test_no_circles",
    "tests/test_printed_docs.py",
    "tests/vocabularies/formats/test_formats_cases.py",
)


def test_a_forge_and_a_format_are_added_by_the_documents_alone(tmp_path: Path) -> None:
    recipes.copy(tmp_path)
    for document in DOCUMENTS:
        recipes.follow(tmp_path, document)
    done = recipes.run(tmp_path, "-m", "pytest", "-n0", f"--basetemp={tmp_path}/tmp", *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
