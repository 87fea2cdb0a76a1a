"""Which rooms are tried, by which tests, and how many mutants."""

ROOMS: dict[str, tuple[str, ...]] = {
    "catalog/entries": ("tests/catalog/entries",),
    "catalog/changes": ("tests/catalog/changes",),
    "vocabularies/crosswalk": (
        "tests/vocabularies/crosswalk",
        "tests/vocabularies/formats",
        "tests/vocabularies/test_writing.py",
    ),
}
NUMBER = 300
SEED = "allmende"
LEAST = 0.85  # of them must be noticed
MOST_MINUTES = 30  # of a whole run on two cores: docs/decisions/0017-mutants-of-our-own.md
