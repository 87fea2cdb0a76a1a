"""The pages in a real Chromium.

Accessible, whole at every width, by keyboard alone, from nowhere else, and not to be broken into.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from catalog.changes.followers import follow_now
from catalog.operations.services import Services
from tests.catalog.views.conftest import Site, serve
from tests.catalog.views.test_markdown import ATTACKS
from tests.support import invented_catalogue
from tests.support.observed_page import VARIANTS, axe, visit, widest
from tests.support.servers.ports import free_port

pytestmark = pytest.mark.browser

LONG = "donaudampfschifffahrtsgesellschaftskapitaenskajuetenreservierungssystem"
PATHS = (
    "/",
    "/solutions",
    "/solutions?q=karte&licence=EUPL-1.2&status=stable",
    "/solutions?q=Quantenkartoffel",
    "/solutions/schlaglochfinder",
    f"/solutions/{LONG}",
    "/solutions/flickwerk",
    "/solutions/entwurf",
    "/solutions/handverlesen",
    "/solutions/dorfbus",
    "/solutions/vorbei",
    "/nirgends",
    "/publishers",
    "/publishers/stadt-musterstadt",
    "/programme",
    "/programme/mpsc-01",
    "/sources",
    "/feeds",
    "/about",
    "/imprint",
    "/privacy",
    "/accessibility",
)
KINDS = tuple(
    path
    for path in PATHS
    if path
    not in (
        "/solutions/entwurf",
        "/solutions/handverlesen",
        "/solutions/dorfbus",
        "/privacy",
        "/accessibility",
        "/nirgends",
    )
)


@pytest.mark.parametrize(
    "number", range(len(VARIANTS)), ids=["-".join(map(str, variant)) for variant in VARIANTS]
)
def test_pages_are_accessible_and_whole(
    served: Site,
    browser: Browser,
    number: int,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    """Every kind of page in every way with PROOF=1.

    Else each page in one of the ways, and each way on some pages.
    """
    language, scheme, width = VARIANTS[number]
    observed = visit(browser, language, scheme, width=width)
    whole = amount(0, 1) == 1
    paths = [
        path
        for place, path in enumerate(PATHS if whole else KINDS)
        if whole or place % len(VARIANTS) == number
    ]
    faults: dict[str, list[str]] = {}
    for path in paths:
        page = observed.open(served.base + path)
        faults[path] = axe(page) + [f"too wide: {one}" for one in widest(page)] + observed.faults(served.base)
        page.evaluate(
            "document.querySelectorAll('details.more:not(.filters *)').forEach(one => { one.open = true })"
        )
        faults[path] += [f"unfolded: {one}" for one in axe(page) + widest(page)]
    observed.page.context.close()
    assert {path: found for path, found in faults.items() if found} == {}
    evidence("pages without a violation", len(paths))


@pytest.mark.parametrize("width", [320, 768, 1280, 2560])
def test_nothing_sticks_out_at_any_width(served: Site, browser: Browser, width: int) -> None:
    observed = visit(browser, width=width)
    for path in ("/", "/solutions?licence=EUPL-1.2", f"/solutions/{LONG}", "/feeds"):
        assert widest(observed.open(served.base + path)) == []
    observed.page.context.close()


def test_with_large_letters_nothing_is_lost(served: Site, browser: Browser) -> None:
    """WCAG 1.4.12: other spacing must not cut anything off."""
    observed = visit(browser, width=320)
    page = observed.open(served.base + "/solutions/schlaglochfinder")
    # A style tag is forbidden by the policy; the rules go in through the object model.
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(
                '* { line-height: 1.5 !important; letter-spacing: .12em !important; }' +
                '* { word-spacing: .16em !important; }' +
                'p { margin-bottom: 2em !important; }'
            );
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert widest(page) == []
    observed.page.context.close()


def test_targets_are_large_enough_to_hit(served: Site, browser: Browser) -> None:
    """WCAG 2.5.8: 24 by 24 pixels, but for links inside a sentence or list of text."""
    observed = visit(browser, width=320)
    for path in ("/", "/solutions?licence=EUPL-1.2", "/solutions/schlaglochfinder"):
        page = observed.open(served.base + path)
        small = page.evaluate(
            """() => {
                const targets = 'button, input, select, summary, nav a, a.tag, a.button, label.check';
                const isSmall = (element) => {
                    const box = element.getBoundingClientRect();
                    const isShown = box.width && box.height && element.type !== 'hidden';
                    return isShown && (box.width < 24 || box.height < 24);
                };
                const small = [...document.querySelectorAll(targets)].filter(isSmall);
                return small.map((element) => element.outerHTML.slice(0, 100));
            }"""
        )
        assert small == []
    observed.page.context.close()


# --- stories --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_a_clerk_finds_a_solution_with_the_keyboard_alone(
    served: Site, browser: Browser, scripts: bool
) -> None:
    observed = visit(browser, java_script_enabled=scripts)
    observed.page.set_default_timeout(10_000)
    page = observed.open(served.base + "/")
    page.keyboard.press("Tab")
    assert "Zum Inhalt springen" in page.locator(":focus").inner_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("name") == "q"
    page.keyboard.type("Karte")
    page.keyboard.press("Enter")
    page.wait_for_url("**/solutions?q=Karte")
    box = page.get_by_role("checkbox", name="European Union Public License 1.2")
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**licence=EUPL-1.2*")
    page.get_by_role("link", name="Hitzekarte").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/solutions/hitzekarte")
    assert page.get_by_role("heading", level=1).inner_text() == "Hitzekarte"
    page.get_by_role("link", name="English").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Who uses it").wait_for()
    assert page.url.endswith("/solutions/hitzekarte")
    observed.page.context.close()


def test_the_focus_is_seen_wherever_it_goes(served: Site, browser: Browser) -> None:
    observed = visit(browser)
    page = observed.open(served.base + "/solutions?q=karte")
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body) return null;
                const style = getComputedStyle(element);
                return [element.outerHTML.slice(0, 90), style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        assert style is None or (style[1] != "none" and style[2] >= 2), style
    observed.page.context.close()


def test_a_narrow_window_folds_the_filters_and_a_wide_one_shows_them(served: Site, browser: Browser) -> None:
    for width, shown in ((320, False), (1280, True)):
        observed = visit(browser, width=width)
        page = observed.open(served.base + "/solutions")
        assert page.get_by_role("button", name="Filter anwenden").is_visible() == shown
        if not shown:
            page.get_by_text("Ergebnisse eingrenzen").click()
            assert page.get_by_role("button", name="Filter anwenden").is_visible()
        observed.page.context.close()


def test_on_paper_it_is_a_fact_sheet(served: Site, browser: Browser) -> None:
    observed = visit(browser, scheme="dark")
    page = observed.open(served.base + "/solutions/schlaglochfinder")
    page.emulate_media(media="print")
    assert not page.locator("nav.nav").is_visible()
    assert page.get_by_role("heading", name="Auf einen Blick").is_visible()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("() => getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"
    assert len(page.pdf()) > 10_000
    observed.page.context.close()


def test_a_word_is_completed_while_it_is_typed(served: Site, browser: Browser) -> None:
    observed = visit(browser)
    page = observed.open(served.base + "/")
    page.locator("#q").press_sequentially("schlagl")
    page.wait_for_function("() => document.querySelector('datalist').options.length > 0")
    assert "Schlaglochfinder" in page.evaluate(
        "() => [...document.querySelector('datalist').options].map(option => option.value)"
    )
    assert observed.faults(served.base) == []
    page.locator("#q").fill("")
    page.locator("#q").press_sequentially('"><b>')
    page.keyboard.press("Enter")
    page.wait_for_url("**/solutions?q=*")
    assert observed.faults(served.base) == []
    observed.page.context.close()


def test_the_first_page_is_light(served: Site, browser: Browser) -> None:
    """At most 100 kB over the wire without fonts, and no script but the one that completes words."""
    context = visit(browser).page.context
    page, sizes = context.new_page(), dict[str, int]()
    page.on(
        "requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]})
    )
    page.goto(served.base + "/", wait_until="networkidle")
    assert sum(size for address, size in sizes.items() if ".woff2" not in address) <= 100_000, sizes
    assert len([address for address in sizes if ".woff2" in address]) <= 3
    assert page.evaluate("() => [...document.scripts].map(script => new URL(script.src).pathname)") == [
        "/static/complete.js"
    ]
    assert page.evaluate("() => document.querySelectorAll('*').length") < 1000
    context.close()


# --- a hostile catalogue --------------------------------------------------------------------------------


def _hostile(attack: str, number: int) -> bytes:
    """A publiccode.yml with the attack wherever a text or an address can stand."""
    address = f"{invented_catalogue.HOST}/gift/n{number}"
    entry = invented_catalogue.Entry(
        attack.replace("\n", " ") or "x",
        attack,
        attack,
        english=attack,
        category="data-collection",
        users=(attack,),
    )
    texts = {
        "shortDescription": attack,
        "longDescription": f"{attack}\n\n{attack * 3}",
        "features": [attack, attack],
        "documentation": attack,
        "apiDocumentation": "javascript:window.__xss=1",
        "screenshots": [attack],
        "genericName": attack,
    }
    return invented_catalogue.publiccode(
        entry,
        url=address,
        landingURL="javascript:window.__xss=1",
        roadmap=attack,
        logo=attack,
        softwareVersion=attack,
        organisation={"name": attack, "uri": "javascript:window.__xss=1"},
        description={"de": texts, '"><script>window.__xss=1</script>': texts, "en": texts},
        categories=[attack],
        platforms=[attack],
        legal={"license": attack, "mainCopyrightOwner": attack},
        maintenance={
            "type": "contract",
            "contacts": [
                {"name": attack, "email": f'"{attack}"@x.example', "phone": attack, "affiliation": attack}
            ],
            "contractors": [{"name": attack, "until": attack, "website": "javascript:window.__xss=1"}],
        },
        fundedBy=[{"name": attack, "uri": "data:text/html,<script>window.__xss=1</script>"}],
        isBasedOn=["javascript:window.__xss=1"],
        localisation={"localisationReady": True, "availableLanguages": [attack]},
        dependsOn={"open": [{"name": attack, "version": attack}]},
        intendedAudience={"scope": [attack], "countries": [attack]},
        developmentStatus=attack,
        unbekannt=attack,
    )


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = invented_catalogue.settings(tmp_path_factory.mktemp("poisoned"))
    services = Services(dataclasses.replace(settings, base_url=f"http://127.0.0.1:{free_port()}"))
    ids = {
        str(number): invented_catalogue.add(
            services,
            f"{invented_catalogue.HOST}/gift/n{number}",
            invented_catalogue.metadata(_hostile(attack, number)),
        )
        for number, attack in enumerate(
            (
                *ATTACKS,
                "\u202eevil\u202c\u2066x",
                "{{ 7*7 }}{% raw %}",
                "%(x)s {x} {0.__class__}",
                "]]></script><script>window.__xss=1</script>",
            )
        )
    }
    for id in ids.values():
        invented_catalogue.change(services, id, life="failing", life_since="2026-11-02T00:00:00.000Z")
    follow_now(services.database, services.followers, services.settings.data_dir)
    yield from serve(services, ids)


def test_a_hostile_catalogue_runs_nothing(
    hostile_site: Site,
    browser: Browser,
    amount: Callable[[int, int], int],
    evidence: Callable[[str, Any], None],
) -> None:
    observed = visit(browser)
    client = hostile_site.client()
    slugs = []
    for page in (1, 2):
        items = json.loads(client.get(f"/solutions.json?size=100&page={page}").text)["items"]
        slugs += [item["slug"] for item in items]
    publishers = [
        link for link in client.get("/publishers").text.split('"') if link.startswith("/publishers/")
    ]
    paths = [
        "/",
        "/solutions",
        "/solutions?q=script",
        '/solutions?q=<script>window.__xss=1</script>&topic="><img src=x onerror=window.__xss=1>',
        "/publishers",
        *publishers[:2],
        *(f"/solutions/{slug}" for slug in slugs[:: amount(8, 1)]),
    ]
    assert len(slugs) > 30
    for path in paths:
        page = observed.open(hostile_site.base + path)
        assert page.evaluate("() => window.__xss") is None, path
        wrong = page.evaluate(
            r"""() => {
                const runs = (attribute) =>
                    attribute.name.startsWith('on')
                    || attribute.name === 'style'
                    || /^\s*(javascript|data|vbscript):/i.test(attribute.value);
                const isScript = (element) =>
                    element.tagName === 'SCRIPT'
                    && element.type !== 'application/ld+json'
                    && !element.getAttribute('src').startsWith('/static/complete.js');
                const isForeignPicture = (element) =>
                    element.tagName === 'IMG' && !element.getAttribute('src').startsWith('/static/');
                const isWrong = (element) =>
                    [...element.attributes].some(runs)
                    || ['IFRAME', 'OBJECT', 'EMBED', 'STYLE', 'MATH'].includes(element.tagName)
                    || isScript(element)
                    || isForeignPicture(element);
                const wrong = [...document.querySelectorAll('*')].filter(isWrong);
                return wrong.map((element) => element.outerHTML.slice(0, 150));
            }"""
        )
        assert wrong == [], path
        turned = page.evaluate(
            r"() => (document.documentElement.outerHTML.match(/[\u202A-\u202E\u2066-\u2069]/g) || []).length"
        )
        assert turned == 0, path
        assert page.evaluate("() => document.title.includes('49') && document.title.includes('7*7')") is False
        assert page.evaluate(
            """() => {
                const scripts = document.querySelectorAll('script:not([src])');
                scripts.forEach((script) => JSON.parse(script.textContent));
                return true;
            }"""
        )
        assert observed.faults(hostile_site.base) == [], path
    observed.page.context.close()
    evidence("hostile pages where nothing ran", len(paths))
