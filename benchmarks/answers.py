"""P9: "304 Not Modified" against the same page rendered anew, each through the whole application."""

from __future__ import annotations

from benchmarks import catalogue, pages
from benchmarks.measuring import FAST, ROUNDS, Row, better, in_turn

_CALLS = 20


def run(records: int = 100 if FAST else 1_000, rounds: int = ROUNDS) -> list[Row]:
    """A solution's page and a page of results."""
    services = catalogue.opened(records, index=True)
    try:
        app = pages.site(services)
        rows = []
        for what, path in (
            ("a solution's page", "/solutions/solution-7"),
            ("a page of 20 results with facets", "/solutions?q=daten"),
        ):
            rendered, tag = pages.get(app, path)
            unchanged, _ = pages.get(app, path, status=304, **{"If-None-Match": tag})
            took = in_turn({"ours": unchanged, "peer": rendered}, rounds=rounds, repeat=_CALLS)
            rows.append(
                better(
                    "P9",
                    f"CPU ms of a 304: {what}, rendered",
                    ours=took["ours"] * 1000,
                    peer=took["peer"] * 1000,
                    at_least=10,
                    again=unchanged,
                )
            )
        return rows
    finally:
        services.close()


if __name__ == "__main__":
    for row in run():
        print(row)
