"""One invented solution in which every field says something.

A field that is added to vocabularies/terms.py is added here.
"""

from __future__ import annotations

from vocabularies.terms import Agent, Attribution, ContactPoint, Dependency, Distribution, Service, Solution

IRI = "https://allmende.example.org/id/solution/01ARZ3NDEKTSV4RRFFQ69G5FAW"
TOWN = "https://musterstadt.example"
GIT = f"{TOWN}/git/schlaglochfinder"

PUBLISHER = Agent(
    id="https://allmende.example.org/id/organisation/musterstadt",
    name={"de": "Stadt Musterstadt", "en": "City of Musterstadt"},
    uri="urn:x-muster:amt-66",
    homepage=TOWN,
    kind="LocalAuthority",
    affiliation="Landkreis Auenland",
)
WHOLE = Solution(
    id=IRI,
    aliases=("https://doi.org/10.5555/schlagloch.1",),
    repository=GIT,
    name={"": "Schlaglochfinder"},
    alternative_name={"de": "Straßenmelder"},
    generic_name={"de": "Mängelmelder", "en": "Issue reporting"},
    short_text={"de": "Meldet Schlaglöcher.", "en": "Reports potholes."},
    text={"de": "Meldet **Schlaglöcher**.\n\nUnd defekte Laternen."},
    features={"de": ("Meldungen mit Foto", "Karte")},
    keywords={"de": ("Laterne", "Straße"), "en": ("road",)},
    awards={"de": ("Goldener Pflasterstein",)},
    category=("customer-service-and-support",),
    community=("city-apps",),
    scope=("emergency-services",),
    kind=("standalone/web",),
    status="stable",
    suite="Musterstadt digital",
    derived_from=(f"{TOWN}/git/pflasterfinder",),
    landing_page=f"{TOWN}/schlagloch",
    documentation={"de": (f"{TOWN}/schlagloch/handbuch",)},
    api_documentation={"en": (f"{TOWN}/schlagloch/api",)},
    roadmap=f"{TOWN}/schlagloch/plan",
    issue_tracker=f"{GIT}/issues",
    logo="docs/logo.svg",
    screenshots={"de": ("docs/melden.png", "docs/karte.png")},
    videos={"de": (f"{TOWN}/schlagloch/film",)},
    licence="EUPL-1.2 OR MIT",
    copyright_owner="Stadt Musterstadt",
    publisher=PUBLISHER,
    authors=(
        Agent(
            id=f"{TOWN}/team#tiefbau",
            name={"": "Team Tiefbau"},
            uri="urn:x-muster:team-7",
            homepage=f"{TOWN}/tiefbau",
            kind="LocalAuthority",
            affiliation="Stadt Musterstadt",
        ),
    ),
    contacts=(
        ContactPoint(
            id=f"{TOWN}/team#bauamt",
            name="Bauamt",
            email="bauamt@musterstadt.example",
            phone="+49 30 5550 0",
            affiliation="Stadt Musterstadt",
            url=f"{TOWN}/bauamt",
        ),
    ),
    attributions=(
        Attribution(
            id=f"{TOWN}/team#pflege",
            agent=Agent(name={"": "Pflaster GmbH"}),
            role="contractor",
            until="2027-12-31",
            email="service@pflaster.example",
        ),
    ),
    maintenance="contract",
    version="3.2.1",
    release_date="2026-03-01",
    first_published="2021-06",
    issued="2026-05-01",
    modified="2026-06-01",
    platforms=("web",),
    programming_languages=("Python",),
    localisation_ready=False,
    ui_languages=("de", "en"),
    countries=("DE",),
    unsupported_countries=("LI",),
    spatial=("09564000",),
    dependencies=(
        Dependency(
            id=f"{TOWN}/dienste#karten",
            name="Kartendienst",
            kind="open",
            version="2.1",
            version_min="2.0",
            version_max="3.0",
            optional=True,
        ),
    ),
    standards=("https://standards.example/open311",),
    services=(Service(leika_id="99083012000000", ozg_id="10066", topic="Bauen", life_situation="Wohnen"),),
    input_types=("text/csv",),
    output_types=("application/geo+json",),
    distributions=(
        Distribution(
            id=f"{TOWN}/schlagloch/download#archiv",
            access_url=f"{TOWN}/schlagloch/download",
            download_url=f"{TOWN}/schlagloch/schlaglochfinder-3.2.1.zip",
            title="Archiv",
            media_type="application/zip",
        ),
    ),
    references=("https://doi.org/10.5555/bericht.2",),
    programme=("mpsc-01",),
    as_of="2026-04",
)
