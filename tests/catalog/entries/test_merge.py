"""Many documents, one solution.

The order does not matter, the best word counts, and it is known whose it is.
"""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entries.merge import Origin, View, merge
from crawlers.forges.forge import REPOSITORY
from crawlers.forges.registry import FORGES
from vocabularies import fields
from vocabularies.formats.registry import FORMATS
from vocabularies.terms import Agent, Solution

_few = st.sampled_from(["a", "b", "c"])
_texts = st.dictionaries(st.sampled_from(["", "de", "en"]), _few, max_size=2)
_sets = st.lists(_few, max_size=2, unique=True).map(lambda items: tuple(sorted(items)))
# Few values in one field of each shape, so that views agree and disagree often.
solutions = st.fixed_dictionaries(
    {},
    optional={
        "name": _texts,
        "text": _texts,
        "keywords": st.dictionaries(st.sampled_from(["", "de"]), _sets.filter(bool), max_size=2),
        "licence": _few,
        "aliases": _sets,
        "programme": _sets,
        "platforms": _sets,
        "localisation_ready": st.sampled_from([True, False, None]),
        "publisher": st.one_of(st.none(), st.builds(Agent, name=_texts)),
        "repository": st.sampled_from(["", "https://x.example/y"]),
    },
).map(lambda values: Solution(**values))
LEAD, OTHER = "https://code.example.org/town/app", "https://code.example.org/other/app"


def views() -> st.SearchStrategy[list[View]]:
    one = st.builds(
        lambda form, solution, lead, number: View(
            form,
            solution,
            f"{LEAD if lead else OTHER}/{number}",
            commit="c" * 40,
            repository=LEAD if lead else OTHER,
            leads=lead,
        ),
        st.sampled_from(sorted(FORMATS)),
        solutions,
        st.booleans(),
        st.integers(0, 2),
    )
    return st.lists(one, max_size=4)


@given(views(), st.randoms(use_true_random=False))
def test_the_order_of_views_does_not_matter(found: list[View], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge(shuffled) == merge(found)


@given(views())
def test_merging_twice_changes_nothing(found: list[View]) -> None:
    merged, origins = merge(found)
    assert merge([*found, *found]) == (merged, origins)
    again, _ = merge([View("publiccode", merged, "x", commit="", repository=merged.repository)])
    assert again == merged


@given(views())
def test_every_field_has_the_origin_it_was_taken_from(found: list[View]) -> None:
    merged, origins = merge(found)
    for field in Solution.__struct_fields__:
        value = getattr(merged, field)
        if field in ("id", "issued", "modified", "repository"):
            assert field not in origins
        elif value in (None, "", (), {}):
            assert field not in origins
            assert all(getattr(view.solution, field) in (None, "", (), {}) for view in found)
        else:
            origin = origins[field]
            sources = [
                getattr(view.solution, field)
                for view in found
                if (view.format, view.uri) == (origin.format, origin.uri)
            ]
            if fields.shape(field) in (fields.Shape.TEXTS, fields.Shape.TEXT_LISTS):
                assert any(one and one.items() <= value.items() for one in sources)
            elif field in ("aliases", "programme"):
                assert set(value) == set().union(*(getattr(view.solution, field) for view in found))
            else:
                assert value in sources


@given(views(), solutions)
def test_the_operators_word_wins(found: list[View], word: Solution) -> None:
    merged, origins = merge([*found, View("correction", word)])
    others = [view for view in found if view.format == "correction"]
    for field, origin in origins.items():
        said = getattr(word, field)
        if said not in (None, "", (), {}) and not others and field not in ("aliases", "programme"):
            assert origin.format == "correction"
            got = getattr(merged, field)
            assert got == said or (isinstance(said, dict) and said.items() <= got.items())


def _view(form: str, *, leads: bool = True, **values: object) -> View:
    return View(
        form,
        msgspec.convert(values, Solution),
        form,
        commit="",
        repository=LEAD if leads else OTHER,
        leads=leads,
    )


def test_formats_in_order() -> None:
    ranked = sorted(FORMATS.values(), key=lambda row: row.rank)
    for better, worse in itertools.pairwise(ranked):
        if better.rank < worse.rank:
            merged, origins = merge(
                [_view(worse.name, licence="MIT"), _view(better.name, licence="EUPL-1.2")]
            )
            assert merged.licence == "EUPL-1.2"
            assert origins["licence"].format == better.name
            assert origins["licence"].others == (worse.name,)


def test_a_format_of_another_version_counts_least() -> None:
    merged, origins = merge([_view("of-tomorrow", licence="MIT"), _view("repository", licence="EUPL-1.2")])
    assert merged.licence == "EUPL-1.2"
    assert origins["licence"].others == ("of-tomorrow",)


ORDER = (
    "correction",
    "publiccode",
    "codemeta",
    "citation",
    "curated",
    "github",
    "licence",
    "readme",
    "repository",
)


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(ORDER)))
def test_who_is_believed_before_whom(better: str, worse: str) -> None:
    """Whichever address comes first."""
    for first, second in (("a", "b"), ("b", "a")):
        views = [
            View(worse, Solution(licence="MIT"), first, commit="", repository=LEAD),
            View(better, Solution(licence="EUPL-1.2"), second, commit="", repository=LEAD),
        ]
        merged, origins = merge(views)
        assert (merged.licence, origins["licence"].format) == ("EUPL-1.2", better)


@pytest.mark.parametrize("forge", FORGES)
def test_forges_are_believed_alike(forge: str) -> None:
    for worse in ("licence", "readme", "repository"):
        assert merge([_view(worse, licence="MIT"), _view(forge, licence="0BSD")])[0].licence == "0BSD"
    assert merge([_view("curated", licence="MIT"), _view(forge, licence="0BSD")])[0].licence == "MIT"


def test_a_metadata_file_elsewhere_is_better_than_what_the_forge_says_here() -> None:
    merged, _ = merge(
        [_view("github", name={"": "app-frontend"}), _view("publiccode", leads=False, name={"": "App"})]
    )
    assert merged.name == {"": "App"}
    merged, _ = merge(
        [_view("citation", name={"": "Here"}), _view("publiccode", leads=False, name={"": "There"})]
    )
    assert merged.name == {"": "Here"}


def test_languages_are_filled_by_files_and_not_by_forges() -> None:
    merged, _ = merge(
        [
            _view("publiccode", short_text={"de": "Kurz"}),
            _view("codemeta", short_text={"en": "Short", "de": "Anders"}),
            _view("citation", short_text={"": "No language"}),
            _view("github", short_text={"fr": "Court"}),
        ]
    )
    assert merged.short_text == {"de": "Kurz", "en": "Short"}


@pytest.mark.parametrize("field", ["aliases", "programme"])
def test_what_every_document_says_is_united(field: str) -> None:
    """Also where the best document has nothing to say of it, and of none it is said that it disagrees."""
    merged, origins = merge(
        [
            _view("publiccode", licence="MIT"),
            _view("codemeta", **{field: ["c", "b"]}),
            _view("curated", **{field: ["a", "b"]}),
        ]
    )
    assert getattr(merged, field) == ("a", "b", "c")
    assert (origins[field].format, origins[field].others) == ("codemeta", ())


@pytest.mark.parametrize("field", ["id", "issued", "modified"])
def test_what_the_instance_says_itself_is_taken_from_no_document(field: str) -> None:
    merged, origins = merge([_view("publiccode", **{field: "2026-01-01T00:00:00Z"}, licence="MIT")])
    assert getattr(merged, field) == getattr(Solution(), field)
    assert origins.keys() == {"licence"}


def test_the_repository_is_the_leading_one() -> None:
    """Else the one that the best document names."""
    named = {"repository": "https://named.example.org/a"}
    other = {"repository": "https://named.example.org/b"}
    assert merge([_view("publiccode", leads=False), _view("readme", **named)])[0].repository == LEAD
    views = [_view("publiccode", leads=False, **named), _view("codemeta", leads=False, **other)]
    merged, origins = merge(views)
    assert merged.repository == "https://named.example.org/a"
    assert "repository" not in origins
    assert merge([View("curated", Solution(**named), leads=True)])[0].repository == named["repository"]


def test_a_document_that_lies_in_no_repository_leads_to_none() -> None:
    views = [
        View("curated", Solution(licence="MIT")),
        View("github", Solution(), "u", commit="", repository=LEAD),
    ]
    assert merge(views)[0].repository == LEAD


def test_an_origin_names_document_commit_and_who_says_something_else() -> None:
    said = [
        View(form, Solution(licence=licence), name, commit=number * 40, repository=LEAD, leads=True)
        for form, licence, name, number in (
            ("citation", "MIT", "third", "3"),
            ("codemeta", "EUPL-1.2", "second", "2"),
            ("publiccode", "EUPL-1.2", "first", "1"),
            ("readme", "0BSD", "fourth", "4"),
            ("github", "MIT-0", "fifth", "5"),
        )
    ]
    _, origins = merge(said)
    assert origins["licence"] == Origin(
        "publiccode", "first", "1" * 40, others=("citation", "github", "readme")
    )


def test_only_aliases_and_programmes_are_united() -> None:
    merged, _ = merge(
        [
            _view("publiccode", aliases=["b"], platforms=["web"]),
            _view("github", aliases=["a", "b"], platforms=["linux"]),
        ]
    )
    assert (merged.aliases, merged.platforms) == (("a", "b"), ("web",))


def test_a_false_that_was_said_is_a_word() -> None:
    merged, _ = merge(
        [_view("publiccode", localisation_ready=False), _view("codemeta", localisation_ready=True)]
    )
    assert merged.localisation_ready is False


def test_of_nothing_comes_nothing() -> None:
    assert merge([]) == (Solution(), {})


def test_what_describes_the_software_counts_more_than_what_forges_say() -> None:
    described = [row.rank for row in FORMATS.values() if row.metadata]
    others = [row.rank for row in FORMATS.values() if not row.metadata]
    assert max(described) < min(others)


def test_every_record_that_a_crawler_makes_has_a_format() -> None:
    """Else its repository could not be merged. A forge's record only fills what no file says."""
    formats = [FORMATS[name] for name in (*FORGES, REPOSITORY)]
    assert not [row.name for row in formats if row.parse is None or row.metadata]
