"""An invented catalogue, put together on the real road.

Publiccode text -> reading -> record -> publish -> index. No town in it exists.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from catalog.base import clock, ids
from catalog.base.settings import Settings, read
from catalog.base.tables import RepositoryRow, SolutionRow, SourceRow
from catalog.changes.followers import follow_now
from catalog.entries import minting, publishing, store
from catalog.operations.services import Services
from vocabularies import reading
from vocabularies.crosswalk.rows import Reading

READ = datetime.datetime(2026, 11, 20, 8, 30, tzinfo=datetime.UTC)
HOST = "https://git.example"


class Entry(NamedTuple):
    """One invented solution, as few words as will do."""

    name: str
    town: str
    summary: str
    english: str
    category: str
    licence: str = "EUPL-1.2"
    status: str = "stable"
    kind: str = "standalone/web"
    version: str = "1.0.0"
    users: tuple[str, ...] = ()


ENTRIES = (
    Entry(
        "Schlaglochfinder",
        "Stadt Musterstadt",
        "Meldet Schlaglöcher, wilden Müll und defekte Laternen an die richtige Stelle im Rathaus.",
        "Reports potholes, litter and broken street lamps to the right desk in the town hall.",
        "customer-service-and-support",
        version="3.2.1",
        users=("Stadt Beispielingen", "Gemeinde Kleinhausen", "Landkreis Auenland"),
    ),
    Entry(
        "Baumpate",
        "Gemeinde Kleinhausen",
        "Zeigt, welche Bäume Wasser brauchen, und wer sie gießt.",
        "Shows which trees need water and who waters them.",
        "geographic-information-systems",
        "AGPL-3.0-or-later",
        "beta",
        version="0.9.0",
        users=("Stadt Musterstadt",),
    ),
    Entry(
        "Ratsuhr",
        "Stadt Musterstadt",
        "Sitzungen, Vorlagen und Beschlüsse des Rates zum Nachlesen und Abonnieren.",
        "Meetings, papers and decisions of the council to read and to follow.",
        "document-management",
        "MIT",
    ),
    Entry(
        "Dorfbus",
        "Landkreis Auenland",
        "Rufbusse bestellen, Fahrten bündeln, Fahrerinnen und Fahrer einteilen.",
        "Order buses on demand, pool rides, plan drivers.",
        "fleet-management",
        "GPL-3.0-or-later",
        "development",
        "standalone/mobile",
    ),
    Entry(
        "Hitzekarte",
        "Stadt Beispielingen",
        "Kühle Orte, Trinkbrunnen und Warnungen bei Hitze auf einer Karte.",
        "Cool places, drinking fountains and heat warnings on a map.",
        "geographic-information-systems",
        users=("Stadt Musterstadt", "Stadt Nordheim"),
    ),
    Entry(
        "Pegelwacht",
        "Landkreis Auenland",
        "Wasserstände kleiner Bäche messen und rechtzeitig warnen.",
        "Measures the levels of small streams and warns in time.",
        "data-analytics",
        "EUPL-1.2",
        "stable",
        "standalone/iot",
    ),
    Entry(
        "Vereinsheim",
        "Stadt Nordheim",
        "Räume und Hallen für Vereine buchen, mit Belegungsplan und Gebühren.",
        "Books rooms and halls for clubs, with schedule and fees.",
        "resource-management",
        "Apache-2.0",
    ),
    Entry(
        "Mitreden",
        "Stadt Nordheim",
        "Beteiligung von der ersten Idee bis zum Beschluss, auch in Leichter Sprache.",
        "Participation from the first idea to the decision, in easy language too.",
        "digital-citizenship",
        "AGPL-3.0-only",
        users=("Landkreis Auenland",),
    ),
    Entry(
        "Kita-Lotse",
        "Stadt Beispielingen",
        "Plätze in Kindertagesstätten suchen, vormerken und vergeben.",
        "Finds, reserves and assigns places in day care.",
        "case-management",
    ),
    Entry(
        "Lichtblick",
        "Stadtwerke Musterstadt",
        "Straßenlaternen steuern, Ausfälle erkennen, Strom sparen.",
        "Controls street lamps, notices failures, saves power.",
        "it-asset-management",
        "Apache-2.0",
        "beta",
        "standalone/backend",
    ),
    Entry(
        "Urbane Datendrehscheibe",
        "Stadt Beispielingen",
        "Führt Messwerte, Fachverfahren und offene Daten zusammen und gibt sie weiter.",
        "Joins sensor readings, back-office systems and open data, and passes them on.",
        "data-collection",
        version="2.4.0",
        users=("Stadt Musterstadt", "Stadt Nordheim", "Landkreis Auenland"),
    ),
    Entry(
        "Amtsblatt digital",
        "Gemeinde Kleinhausen",
        "Amtsblatt schreiben, freigeben, verschicken und aufheben.",
        "Writes, approves, sends and keeps the official gazette.",
        "content-management",
        "MIT",
        "obsolete",
    ),
    Entry(
        "Wegweiser Ehrenamt",
        "Landkreis Auenland",
        "Bringt Menschen zusammen, die helfen wollen und die Hilfe suchen.",
        "Brings together people who want to help and who look for help.",
        "online-community",
    ),
    Entry(
        "Parkauge",
        "Stadt Musterstadt",
        "Freie Parkplätze zählen und anzeigen, ohne Kennzeichen zu speichern.",
        "Counts and shows free parking spaces without keeping number plates.",
        "data-analytics",
        "BSD-3-Clause",
    ),
    Entry(
        "Stadtarchiv offen",
        "Stadt Nordheim",
        "Bilder, Karten und Akten des Archivs erschließen und zeigen.",
        "Opens up pictures, maps and records of the archive.",
        "digital-asset-management",
        "GPL-3.0-only",
    ),
    Entry(
        "Notfallplan",
        "Landkreis Auenland",
        "Alarmpläne, Kontakte und Aufgaben für den Ernstfall, auch ohne Netz.",
        "Alarm plans, contacts and tasks for the emergency, offline too.",
        "emergency-services",
        "EUPL-1.2",
        "development",
    ),
    Entry(
        "Energiebuch",
        "Stadtwerke Musterstadt",
        "Verbrauch städtischer Gebäude erfassen, vergleichen und senken.",
        "Records, compares and lowers the consumption of municipal buildings.",
        "facility-management",
    ),
    Entry(
        "Formularbaukasten",
        "Stadt Beispielingen",
        "Anträge ohne Programmieren bauen und barrierefrei ins Netz stellen.",
        "Builds application forms without programming and puts them online accessibly.",
        "form-builder",
        "EUPL-1.2",
        version="5.1",
    ),
)
LANGUAGES = ("de", "en")


def repository(entry: Entry) -> str:
    """Where the invented code lies."""
    return f"{HOST}/{entry.town.split()[-1].lower()}/{ids.slugify(entry.name.split()[0])}"


def publiccode(entry: Entry, **more: Any) -> bytes:
    """The publiccode.yml of an entry; `more` replaces or adds keys of the top level."""
    long = (
        f"{entry.summary}\n\n"
        "## Was es leistet\n\n"
        f"{entry.name} ist im Alltag der Verwaltung entstanden. Fachleute und Einwohnerschaft arbeiten an "
        "derselben Stelle, **ohne** doppelte Erfassung.\n\n"
        "- läuft im Browser\n"
        "- braucht keine Schulung\n"
        "- lässt sich an vorhandene Verfahren anschließen\n\n"
        f"Mehr steht in der [Dokumentation]({HOST}/docs)."
    )
    english = (
        f"{entry.english} {entry.name} comes from the daily work of an administration. It runs in a browser, "
        "needs no training, and can be joined to the systems that are there already. Staff and residents "
        "work in the same place, and nothing is typed twice."
    )
    document: dict[str, Any] = {
        "publiccodeYmlVersion": "0.5.0",
        "name": entry.name,
        "url": repository(entry),
        "landingURL": f"{HOST}/{entry.name.split()[0].lower()}.html",
        "softwareVersion": entry.version,
        "releaseDate": "2026-09-14",
        "platforms": ["web", "linux"],
        "categories": [entry.category],
        "developmentStatus": entry.status,
        "softwareType": entry.kind,
        "organisation": {"name": entry.town, "uri": f"{HOST}/{entry.town.split()[-1].lower()}"},
        "description": {
            "de": {
                "shortDescription": entry.summary,
                "longDescription": long,
                "features": ["Übersicht auf einen Blick", "Auswertung als Tabelle", "Rollen und Rechte"],
            },
            "en": {
                "shortDescription": entry.english,
                "longDescription": english,
                "features": ["Overview at a glance", "Table export", "Roles"],
            },
        },
        "legal": {"license": entry.licence, "mainCopyrightOwner": entry.town},
        "maintenance": {
            "type": "internal",
            "contacts": [
                {
                    "name": "Fachstelle Digitales",
                    "email": "digital@musterstadt.example",
                    "phone": "+49 30 0000000",
                }
            ],
        },
        "localisation": {"localisationReady": True, "availableLanguages": ["de", "en"]},
        "dependsOn": {
            "open": [{"name": "PostgreSQL", "versionMin": "15"}, {"name": "Redis", "optional": True}]
        },
        "usedBy": list(entry.users),
    }
    document = {key: value for key, value in (document | more).items() if value not in (None, [])}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()


def settings(folder: Path, **more: Any) -> Settings:
    """The settings of a test instance."""
    given: dict[str, Any] = {
        "data_dir": folder,
        "base_url": "https://allmende.example",
        "contact": "hallo@allmende.example",
        "operator": "Stadt Musterstadt",
        "seed": False,
    }
    return read({}, **(given | more))


class Place(NamedTuple):
    """A record to put: its format, path and text."""

    format: str
    content: bytes
    path: str = ""
    commit: str = "0" * 40


def add(services: Services, address: str, places: Iterable[Place], *, accepted: bool = True) -> str:
    """Put what was found in a repository and publish it. Gives the solution's id."""
    incoming = []
    for place in places:
        asked = msgspec.msgpack.encode(reading.Request(place.format, place.content))
        result = msgspec.msgpack.decode(reading.read(asked), type=Reading)
        uri = f"{address}/raw/{place.commit}/{place.path}" if place.path else address
        incoming.append(
            store.Incoming(
                address,
                place.format,
                place.path,
                uri=uri,
                commit=place.commit,
                content=place.content,
                fetched=READ,
                reading=result,
                reader=reading.version(),
            )
        )
    with services.database.write() as session:
        name = next((minting.name_of(one.reading) for one in incoming if minting.name_of(one.reading)), "")
        number = minting.solution_for(session, address, name=name, accepted=accepted)
        store.put(session, number, incoming)
        if session.get(RepositoryRow, address) is None:
            session.add(RepositoryRow(url=address, solution=number, seen=clock.text(READ)))
        publishing.publish(session, number, settings=services.settings)
    return number


def change(services: Services, number: str, **columns: Any) -> None:
    """Set columns of a solution's row."""
    with services.database.write() as session:
        session.merge(SolutionRow(id=number, **columns))


def metadata(content: bytes) -> list[Place]:
    """One publiccode.yml in the repository's root."""
    return [Place("publiccode", content, "publiccode.yml")]


def fill(services: Services) -> dict[str, str]:
    """The whole invented catalogue. Gives what -> id of the special cases."""
    ids = {entry.name: add(services, repository(entry), metadata(publiccode(entry))) for entry in ENTRIES}
    ids |= _special(services)
    _lives(services, ids)
    _sources(services)
    follow_now(services.database, services.followers, services.settings.data_dir)
    return ids


BROKEN = b"""publiccodeYmlVersion: 0.2
name: Flickwerk
url: https://git.example/nordheim/flickwerk
developmentStatus: fertig
legal:
  license: GPL
description:
  de:
    shortDescription: Kurz.
    longDescription: Auch kurz.
releaseDate: 2025-16-09
softwareVersion: 1.1
unbekannt: ja
"""


def _special(services: Services) -> dict[str, str]:
    """One of each kind that pages treat differently."""
    person = {
        "type": "contract",
        "contractors": [{"name": "Muster & Söhne IT GmbH", "until": "2028-12-31"}],
        "contacts": [
            {"name": "Erika Mustermann", "email": "erika.mustermann@firma.example", "phone": "+49 30 1111111"}
        ],
    }
    long = Entry(
        "Donaudampfschifffahrtsgesellschaftskapitänskajütenreservierungssystem",
        "Zweckverband Binnenschifffahrt Auenland-Nordheim-Beispielingen",
        "Reserviert Kajüten.",
        english="Books cabins.",
        category="workflow-management",
        users=tuple(f"Gemeinde Nummer {number}" for number in range(1, 36)),
    )
    unlicensed = Entry(
        "Ohnelizenz",
        "Stadt Nordheim",
        "Ein Werkzeug, dessen Lizenz noch fehlt.",
        english="A tool whose licence is still missing.",
        category="data-collection",
    )
    english = publiccode(
        ENTRIES[2],
        name="Open Ledger",
        url=f"{HOST}/nordheim/ledger",
        description={
            "en": {
                "shortDescription": "Shows where public money goes, down to the single invoice.",
                "longDescription": "An English description only. " * 8,
                "features": ["Charts", "Open data export"],
            }
        },
        organisation={"name": "Stadt Nordheim"},
    )
    curated = {
        "name": {"": "Handverlesen"},
        "repository": f"{HOST}/kleinhausen/handverlesen",
        "short_text": {"de": "Von Hand eingetragen.", "en": "Entered by hand."},
        "licence": "EUPL-1.2",
        "publisher": {"name": {"": "Gemeinde Kleinhausen"}},
        "as_of": "2026-10",
        "references": [f"{HOST}/quelle"],
        "programme": ["mpsc-01"],
    }
    return {
        "long": add(services, repository(long), metadata(publiccode(long, maintenance=person))),
        "unlicensed": add(services, repository(unlicensed), metadata(publiccode(unlicensed, legal=None))),
        "broken": add(services, f"{HOST}/nordheim/flickwerk", metadata(BROKEN)),
        "english": add(services, f"{HOST}/nordheim/ledger", metadata(english)),
        "curated": add(
            services, f"{HOST}/kleinhausen/handverlesen", [Place("curated", msgspec.json.encode(curated))]
        ),
        "draft": add(
            services,
            f"{HOST}/nordheim/entwurf",
            [
                Place(
                    "readme",
                    b"# Entwurf\n\nEin Werkzeug, das noch keine Metadatendatei hat, aber einen Text.\n",
                    "README.md",
                )
            ],
        ),
        "copy": add(services, f"{HOST}/privat/schlaglochfinder", metadata(publiccode(ENTRIES[0]))),
        "claim": add(
            services,
            f"{HOST}/privat/anders",
            metadata(publiccode(ENTRIES[1], name="Anderswo", url=f"{HOST}/nirgends/original")),
        ),
        "pending": add(
            services,
            f"{HOST}/neu/wartet",
            metadata(publiccode(ENTRIES[3], name="Wartet", url=f"{HOST}/neu/wartet")),
            accepted=False,
        ),
        "withdrawn": add(
            services,
            f"{HOST}/nordheim/vorbei",
            metadata(publiccode(ENTRIES[4], name="Vorbei", url=f"{HOST}/nordheim/vorbei")),
        ),
        "hidden": add(
            services,
            f"{HOST}/nordheim/verborgen",
            metadata(publiccode(ENTRIES[5], name="Verborgen", url=f"{HOST}/nordheim/verborgen")),
        ),
    }


def _lives(services: Services, ids: dict[str, str]) -> None:
    fault = (
        '{"code":"not-found","values":{"url":"https://git.example/auenland/dorfbus","host":"git.example"}}'
    )
    change(services, ids["Dorfbus"], life="failing", life_since="2026-11-02T00:00:00.000Z", life_reason=fault)
    change(services, ids["Amtsblatt digital"], life="archived", life_since="2026-05-01T00:00:00.000Z")
    change(
        services,
        ids["Stadtarchiv offen"],
        life="gone",
        life_since="2026-10-01T00:00:00.000Z",
        life_reason=fault,
    )
    with services.database.write() as session:
        publishing.withdraw(session, ids["withdrawn"], reason="", settings=services.settings)
        hidden = session.get(SolutionRow, ids["hidden"])
        assert hidden is not None
        hidden.hidden = "Doppelt."
        publishing.publish(session, ids["hidden"], settings=services.settings)


def _sources(services: Services) -> None:
    now = "2026-11-20T08:30:00.000Z"
    fault = '{"code":"not-found","values":{"url":"https://git.example/auenland","host":"git.example"}}'
    with services.database.write() as session:
        session.add(
            SourceRow(
                kind="gitlab", url=f"{HOST}/musterstadt", added=now, due=now, succeeded=now, project="mpsc-01"
            )
        )
        session.add(
            SourceRow(
                kind="gitea",
                url=f"{HOST}/auenland",
                added=now,
                due=now,
                succeeded=now,
                failing_since="2026-11-02T00:00:00.000Z",
                error=fault,
            )
        )
        session.add(
            SourceRow(kind="repository", url=f"{HOST}/nordheim/ledger", added=now, due=now, state="paused")
        )


def instance(folder: Path, **more: Any) -> tuple[Services, dict[str, str]]:
    """A filled instance in a folder."""
    services = Services(dataclasses.replace(settings(folder), **more))
    return services, fill(services)
