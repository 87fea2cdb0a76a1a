"""An invented kind of log entry: a type with types nested in it three deep, its table, and values of it.

It has what no field of a solution has: whole numbers, a mandatory text that may be empty, a flag that is
true by itself, an ordered list of plain values, a set of nested things, and two lists in which the same
things with identifiers of their own may stand, more than once too.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from hypothesis import strategies as st

from catalog.changes.kinds import Kind
from tests.support import strategies
from vocabularies.namespaces import ALLMENDE, SCHEMA
from vocabularies.rdf.table import SOURCE, TEXT, Property, Table
from vocabularies.terms import Ordered, TextLists, Texts
from vocabularies.values.kinds import DATE, FLAG, INTEGER, LINE, URL


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Nested three deep."""

    label: str
    seats: int = 0


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Nested two deep; may have an identifier of its own."""

    rooms: Annotated[tuple[Room, ...], Ordered] = ()
    built: str = ""
    heated: bool = True
    id: str = ""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Nested; has to have a house."""

    house: House
    note: str
    steps: Annotated[tuple[str, ...], Ordered] = ()
    days: Annotated[tuple[int, ...], Ordered] = ()


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a solution."""

    id: str = ""
    about: str = ""
    said: Texts = {}
    lines: Annotated[TextLists, Ordered] = {}
    count: int = 0
    sure: bool | None = None
    numbers: tuple[int, ...] = ()
    visits: Annotated[tuple[Visit, ...], Ordered] = ()
    houses: tuple[House, ...] = ()
    tour: Annotated[tuple[House, ...], Ordered] = ()
    home: House | None = None


def _term(name: str) -> str:
    return ALLMENDE.term(f"invented-{name}")


ROOM = Table(Room, (_term("Room"),), (
    Property("label", SCHEMA.name, LINE),
    Property("seats", _term("seats"), INTEGER),
), fragment="room")  # fmt: skip
HOUSE = Table(House, (_term("House"),), (
    Property("rooms", _term("room"), ROOM),
    Property("built", _term("built"), DATE),
    Property("heated", _term("heated"), FLAG),
), fragment="house")  # fmt: skip
HOME = HOUSE._replace(fragment="home")
TOUR = HOUSE._replace(fragment="tour")
VISIT = Table(Visit, (_term("Visit"),), (
    Property("house", _term("house"), HOUSE),
    Property("note", _term("note"), TEXT),
    Property("steps", _term("step"), TEXT),
    Property("days", _term("day"), INTEGER),
), fragment="visit")  # fmt: skip
STATEMENT = Table(Statement, (_term("Statement"),), (
    Property("about", _term("about"), URL),
    Property("said", _term("said"), TEXT, view=SOURCE),
    Property("lines", _term("line"), TEXT, joined=True),
    Property("count", _term("count"), INTEGER),
    Property("sure", _term("sure"), FLAG),
    Property("numbers", _term("number"), INTEGER),
    Property("visits", _term("visit"), VISIT),
    Property("houses", _term("visited"), HOUSE),
    Property("tour", _term("tour"), TOUR),
    Property("home", _term("home"), HOME),
))  # fmt: skip
KIND = Kind("statement", "statement", STATEMENT)

_characters = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"])  # what XML can hold
_texts = st.text(st.one_of(_characters, st.just("\n")), max_size=8)
_flags = st.sampled_from([True, False])
_rooms = st.builds(Room, label=st.one_of(st.just(""), strategies.lines), seats=st.integers(-5, 10**9))


def _houses(ids: st.SearchStrategy[str]) -> st.SearchStrategy[House]:
    days = st.one_of(st.just(""), st.dates().map(str))
    rooms = st.lists(_rooms, max_size=3).map(tuple)
    return st.builds(House, rooms=rooms, built=days, heated=_flags, id=ids)


def _visits(number: int) -> st.SearchStrategy[Visit]:
    named = st.sampled_from(["", f"https://other.example/id/house/{number}"])
    steps = st.lists(_texts, max_size=3).map(tuple)
    days = st.lists(st.integers(0, 9), max_size=3).map(tuple)
    return st.builds(Visit, house=_houses(named), note=_texts, steps=steps, days=days)


@st.composite
def _two_lists(draw: st.DrawFn) -> tuple[tuple[House, ...], tuple[House, ...]]:
    """Of houses without an identifier, and of a few with one, which may stand in both and repeatedly."""
    named = [draw(_houses(st.just(f"https://other.example/id/house/{9 - number}"))) for number in range(3)]
    lists = st.lists(st.one_of(st.sampled_from(named), _houses(st.just(""))), max_size=4).map(tuple)
    return draw(lists), draw(lists)


def statements() -> st.SearchStrategy[Statement]:
    """Whole statements, as nasty as the texts are that strangers write."""
    return _two_lists().flatmap(_statements)


def _statements(lists: tuple[tuple[House, ...], tuple[House, ...]]) -> st.SearchStrategy[Statement]:
    return st.builds(
        Statement,
        id=st.just("https://allmende.example.org/id/statement/01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        about=st.one_of(st.just(""), strategies.urls),
        said=st.dictionaries(st.sampled_from(["", "de", "en"]), strategies.lines),
        lines=st.dictionaries(
            st.sampled_from(["", "de"]), st.lists(strategies.lines, min_size=1, max_size=3).map(tuple)
        ),
        count=st.integers(-(10**12), 10**12),
        sure=st.sampled_from([None, True, False]),
        numbers=st.sets(st.integers(-3, 30)).map(sorted).map(tuple),
        visits=st.integers(0, 3).flatmap(lambda count: st.tuples(*map(_visits, range(10, 10 + count)))),
        houses=st.just(lists[0]),
        tour=st.just(lists[1]),
        home=st.one_of(st.none(), _houses(st.sampled_from(["", "https://other.example/id/house/home"]))),
    )


def example(base: str, number: int = 1) -> Statement:
    """A statement of the instance at `base`."""
    solution = f"{base}/id/solution/{number:026}"
    room = Room(label="Saal", seats=12)
    visit = Visit(
        house=House(rooms=(room, Room(label=""))), note=f"{base}/id/solution/", steps=("b", "a"), days=(3, 1)
    )
    near, far = House(id=f"{base}/id/house/2"), House(id="https://other.example/id/house/1", heated=False)
    return Statement(
        id=KIND.subject(base, f"{number:026}"),
        about=solution,
        said={"de": f'Über {solution}: "gut" \\ <{base}/x>', "en": solution},
        lines={"de": ("zwei", "eins")},
        count=number,
        visits=(visit, visit),
        houses=(near, far),
        tour=(far, near, far),
    )
