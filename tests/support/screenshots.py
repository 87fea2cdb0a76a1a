"""The pictures of the README, taken of the invented catalogue.

`python -m tests.support.screenshots` writes docs/images/.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.catalog.views.conftest import serve
from tests.support import invented_catalogue
from tests.support.servers.ports import free_port

FOLDER = Path(__file__).parents[2] / "docs" / "images"
# Name -> path, language, scheme, width, height.
SHOTS = {
    "home": ("/", "de", "light", 1280, 900),
    "results": ("/solutions?q=karte", "de", "light", 1280, 900),
    "solution": ("/solutions/schlaglochfinder", "de", "light", 1280, 1100),
    "solution-dark": ("/solutions/urbane-datendrehscheibe", "en", "dark", 1280, 1100),
    "solution-narrow": ("/solutions/hitzekarte", "de", "light", 390, 900),
    "remarks": ("/solutions/flickwerk#remarks", "de", "light", 1280, 900),
}


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        services, ids = invented_catalogue.instance(Path(folder), base_url=f"http://127.0.0.1:{free_port()}")
        serving = serve(services, ids)
        base = next(serving).base
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (path, language, scheme, width, height) in SHOTS.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale=language
            )  # type: ignore[arg-type]
            page.goto(base + path)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()
        next(serving, None)


if __name__ == "__main__":
    main()
