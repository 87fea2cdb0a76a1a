"""A process that writes to an index until it is killed.

`python -m tests.support.index_writer ENGINE FOLDER`. Says each cursor once it is safe.

Commit n replaces documents 0 to 4 by their n-th text, adds one of its own and removes the own one of commit n
- 3; every seventh commit makes the whole index anew. So the cursor alone says what the index must hold.
"""

from __future__ import annotations

import sys
from pathlib import Path

from catalog.changes.cursor import Cursor
from catalog.search import Document, open_index

SHARED = 5


def documents(number: int) -> dict[str, int]:
    """Id -> number of the commit that wrote it, after so many commits."""
    own = {f"own{one}": one for one in range(max(1, number - 2), number + 1)}
    return {f"shared{one}": number for one in range(SHARED)} | own if number else {}


def document(identifier: str, number: int) -> Document:
    """A document that says which commit wrote it."""
    text = {"de": f"Stand n{number} " + "Verwaltungsdaten und Straßenbäume " * 40}
    return Document(
        id=identifier, name={"de": f"Dienst {identifier}"}, text=text, facets={"topic": (f"n{number}",)}
    )


def main(engine: str, folder: str) -> None:
    index = open_index(engine, Path(folder), write=True)
    number = index.cursor[1]
    while True:
        number += 1
        whole = [document(identifier, wrote) for identifier, wrote in documents(number).items()]
        if number % 7 == 0:
            index.rebuild(whole, Cursor("e", number))
        else:
            index.apply(
                [one for one in whole if one.facets["topic"] == (f"n{number}",)],
                [f"own{number - 3}"],
                Cursor("e", number),
            )
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
