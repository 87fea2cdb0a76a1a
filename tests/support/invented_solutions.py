"""Forty invented solutions, and the synonyms a catalogue's concept schemes would give. No name in here is a real product's."""

from __future__ import annotations

from catalog.search import Document

SYNONYMS: dict[str, tuple[str, ...]] = {
    "Anliegenmanagement": ("Mängelmelder", "Schadensmeldung", "Schlagloch melden"),
    "Mängelmelder": ("Anliegenmanagement", "Schadensmeldung"),
    "Schadensmeldung": ("Mängelmelder", "Anliegenmanagement"),
    "Parkraummanagement": ("Parkleitsystem", "smart parking"),
    "smart parking": ("Parkraummanagement", "Parkleitsystem"),
    "Urban Data Platform": ("urbane Datenplattform", "UDP"),
    "UDP": ("urbane Datenplattform", "Urban Data Platform"),
    "digital twin": ("digitaler Zwilling",),
    "digitaler Zwilling": ("digital twin",),
    "Ratsinformationssystem": ("council information system",),
    "OZG": ("Onlinezugangsgesetz",),
}


def _one(
    number: int, name: str, summary: str, *, text: str = "", features: tuple[str, ...] = (), keywords: tuple[str, ...] = (),
    topic: str = "verwaltung", kind: str = "web", language: str = "de",
) -> Document:  # fmt: skip
    facets = {
        "topic": (topic,), "kind": (kind,), "language": (language,), "licence": ("EUPL-1.2" if number % 3 else "MIT",),
        "status": ("stable" if number % 4 else "beta",), "publisher": (f"stadt-{number % 7}",),
    }  # fmt: skip
    return Document(
        id=f"S{number:03d}", name={language: name}, summary={language: summary}, text={language: text}, facets=facets,
        features={language: features}, keywords={language: keywords}, publisher=f"Stadt Beispiel {number % 7}",
        modified=f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00.000Z",
    )  # fmt: skip


SOLUTIONS: tuple[Document, ...] = (
    _one(1, "Mängelmelder Musterstadt", "Bürgerinnen und Bürger melden Schlaglöcher, wilden Müll und defekte Laternen.", topic="beteiligung",
         features=("Foto und Standort mitsenden", "Rückmeldung zum Stand der Bearbeitung"), keywords=("Anliegenmanagement",)),
    _one(2, "Straßenblick", "Zustand von Fahrbahnen aus Kamerabildern erkennen.", topic="verkehr", kind="ki",
         text="Schlaglöcher und Risse werden auf Bildern der Müllfahrzeuge erkannt und in das Straßenkataster übernommen."),
    _one(3, "Terminfuchs", "Online-Terminvergabe für Bürgerbüros und Ausländerbehörden.", keywords=("Termine", "Wartezeit"),
         features=("Termine verschieben und absagen", "Erinnerung per SMS")),
    _one(4, "Gießkanne", "Bäume in der Nachbarschaft gießen und Patenschaften übernehmen.", topic="umwelt", kind="app",
         text="Die Anwendung zeigt auf einer Karte, welche Stadtbäume Wasser brauchen, und wer sie zuletzt gegossen hat."),
    _one(5, "Baumsensorik", "Bodenfeuchte an Bäumen messen und die Bewässerung steuern.", topic="umwelt", kind="iot",
         features=("LoRaWAN-Sensoren anbinden", "Warnung bei Trockenheit")),
    _one(6, "Straßenbaumkataster", "Verwaltung aller Straßenbäume mit Kontrollen und Maßnahmen.", topic="umwelt"),
    _one(7, "Offene Datendrehscheibe", "Urbane Datenplattform auf Basis von NGSI-LD.", topic="daten", kind="plattform",
         keywords=("UDP", "FIWARE", "Open Data"), features=("Daten veröffentlichen", "Rechte je Datensatz")),
    _one(8, "CityBroker", "A context broker for smart cities that speaks NGSI-LD.", topic="daten", kind="plattform", language="en",
         text="Written in C++ for speed. It stores the current state of sensors and notifies subscribers.", keywords=("FIWARE", "broker")),
    _one(9, "Stadtzwilling 3D", "Digitaler Zwilling der Stadt für Planung und Simulation.", topic="daten",
         text="Lärm, Hitze und Starkregen lassen sich am 3D-Stadtmodell berechnen."),
    _one(10, "Ratsfenster", "Sitzungen, Vorlagen und Beschlüsse des Rates durchsuchen.", keywords=("Ratsinformationssystem", "OParl"),
         text="Die Daten kommen über die Schnittstelle OParl aus dem vorhandenen Ratsinformationssystem."),
    _one(11, "Wahlhelferlein", "Wahlhelferinnen und Wahlhelfer gewinnen, einteilen und abrechnen."),
    _one(12, "Parkpilot", "Freie Parkplätze erkennen und zu ihnen leiten.", topic="verkehr", kind="iot",
         keywords=("Parkraummanagement", "Parkleitsystem"), text="Bodensensoren melden jede Belegung über LoRaWAN."),
    _one(13, "Radzähler", "Zählstellen für den Radverkehr auswerten.", topic="verkehr", text="Täglich, wöchentlich, jährlich."),
    _one(14, "Müllkalender", "Abfuhrtermine für jede Adresse, als App und als Kalenderabo.", topic="umwelt", kind="app",
         text="Restmüll, Papier, Biotonne und Sperrmüll; mit Erinnerung am Vorabend."),
    _one(15, "Füllstandswächter", "Füllstände von Abfallbehältern messen und Touren planen.", topic="umwelt", kind="iot"),
    _one(16, "Mitreden", "Bürgerbeteiligung mit Umfragen, Ideenkarte und Dialog.", topic="beteiligung",
         features=("Ideen auf der Karte", "Abstimmungen"), keywords=("Partizipation",)),
    _one(17, "Haushalt offen", "Der Haushalt der Stadt verständlich gemacht.", topic="beteiligung", keywords=("Bürgerhaushalt",)),
    _one(18, "Klimablick", "Dashboard für Klimadaten und die Energiewende vor Ort.", topic="umwelt", keywords=("Klimadashboard",),
         text="Ausbau von Photovoltaik, Verbrauch der Gebäude, Ladesäulen und Wärmenetze."),
    _one(19, "Pegelwarnung", "Hochwasser früh erkennen: Pegelstände, Niederschlag, Warnungen.", topic="umwelt", kind="iot"),
    _one(20, "Stadt-App Baukasten", "Eine App für Nachrichten, Veranstaltungen und Dienste der Stadt.", kind="app",
         keywords=("City-App",), features=("Veranstaltungskalender", "Push-Nachrichten", "Mängel melden")),
    _one(21, "Kitafinder", "Kitaplätze suchen, vormerken und vergeben.", topic="soziales", keywords=("Kinderbetreuung", "Kindertagesstätte")),
    _one(22, "Ehrenamtsbörse", "Freiwillige und Vereine zusammenbringen.", topic="soziales", keywords=("Engagement",)),
    _one(23, "Leerstandsatlas", "Leer stehende Läden und Flächen erfassen und vermitteln.", topic="wirtschaft"),
    _one(24, "Formularwerk", "Anträge und Formulare nach dem Onlinezugangsgesetz bauen.", keywords=("OZG", "E-Government"),
         features=("Anmeldung mit dem Bürgerkonto", "Anbindung an X-ÖV-Standards")),
    _one(25, "Aktenspur", "Elektronische Akte mit Aufbewahrungsfristen.", keywords=("E-Akte", "DMS", "Dokumentenmanagement")),
    _one(26, "ChatRat", "Ein Chatbot beantwortet Fragen zu Leistungen der Verwaltung.", kind="ki",
         text="Das Sprachmodell läuft im eigenen Rechenzentrum."),
    _one(27, "Mülldetektiv", "Wilden Müll mit künstlicher Intelligenz auf Fotos erkennen.", topic="umwelt", kind="ki"),
    _one(28, "Traffic Pulse", "Real-time traffic counting with cameras at the edge.", topic="verkehr", kind="iot", language="en",
         text="Counts vehicles, bikes and pedestrians. No pictures leave the device."),
    _one(29, "Open Parking", "Smart parking for small towns.", topic="verkehr", kind="iot", language="en", features=("Occupancy sensors",)),
    _one(30, "Sensor Hub", "Collects readings of LoRaWAN sensors and passes them on by MQTT.", topic="daten", kind="iot", language="en"),
    _one(31, "Geoportal kompakt", "Karten und Geodaten der Stadt im Browser.", topic="daten", keywords=("GIS", "WMS", "Geodateninfrastruktur")),
    _one(32, "Digitaler Bauantrag", "Bauanträge einreichen, prüfen und genehmigen.", keywords=("Baugenehmigung", "XBau")),
    _one(33, "Museumspfad", "Audioführungen durch Museen und die Altstadt.", topic="kultur", kind="app"),
    _one(34, "Bibliotheksregal", "Bücher suchen, vormerken und verlängern.", topic="kultur"),
    _one(35, "Hitzekarte", "Wo es im Sommer heiß wird: Hitzeinseln und kühle Orte.", topic="umwelt", keywords=("Klimaanpassung",)),
    _one(36, "Lieferheld Rathaus", "Wochenmärkte und Hofläden der Region mit Lieferdienst.", topic="wirtschaft"),
    _one(37, ".NET Fachverfahren Rahmen", "Bausteine für Fachverfahren in C# und .NET.", kind="bibliothek"),
    _one(38, "Dorfladen digital", "Bestellplattform für den Dorfladen.", topic="wirtschaft", kind="plattform",
         text="Mit Kiosk, Warenwirtschaft und Kasse. Für ländliche Räume, aktuell in neun Orten."),
    _one(39, "Ladesäulenfinder", "Ladesäulen für Elektroautos finden und freie Plätze sehen.", topic="verkehr", kind="app"),
    _one(40, "Schulwegplaner", "Sichere Wege zur Schule planen und Gefahrenstellen eintragen.", topic="verkehr", keywords=("Schulweg",)),
)  # fmt: skip
