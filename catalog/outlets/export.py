"""The whole catalogue as RDF: everything the change log knows to be alive, of every kind and origin."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sqlalchemy.orm import Session

from catalog.changes import log


def lines(session: Session) -> Iterator[str]:
    """N-Triples lines without their ends, streamed.

    Kind by kind, subject by subject, each as its payload has it.
    """
    for kind in log.kinds_alive(session):
        for batch in log.living(session, kind=kind):
            for _, payload in batch:
                # splitlines() would also cut at U+2028 and its kin
                yield from zlib.decompress(payload).decode()[:-1].split("\n")
