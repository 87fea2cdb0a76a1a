"""Every prefix, once. `DCT.title` is the IRI string; PREFIXES is what serialisers print."""

from __future__ import annotations


class Namespace(str):
    """An IRI prefix whose attributes and items are IRIs: `Namespace("http://ex/").a == "http://ex/a"`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return str(self) + name

    def term(self, name: str) -> str:
        """The IRI of a name that a `str` method hides, as in `DCT.term("title")`."""
        return str(self) + name


ADMS = Namespace("http://www.w3.org/ns/adms#")
CM = Namespace("https://w3id.org/codemeta/terms/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCATDE = Namespace("http://dcat-ap.de/def/dcatde/")
DCT = Namespace("http://purl.org/dc/terms/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
ORG = Namespace("http://www.w3.org/ns/org#")
PROV = Namespace("http://www.w3.org/ns/prov#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
SCHEMA = Namespace("http://schema.org/")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")

NAL = Namespace("http://publications.europa.eu/resource/authority/")
SPDX_LICENCE = Namespace("http://spdx.org/licenses/")
AGS = Namespace("http://dcat-ap.de/def/politicalGeocoding/municipalityKey/")

PREFIXES: dict[str, str] = {
    "adms": ADMS,
    "cm": CM,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dcatde": DCATDE,
    "dct": DCT,
    "foaf": FOAF,
    "hydra": HYDRA,
    "org": ORG,
    "prov": PROV,
    "rdf": RDF,
    "schema": SCHEMA,
    "skos": SKOS,
    "spdx": SPDX,
    "vcard": VCARD,
    "xsd": XSD,
}

# Terms no standard has (ordered lists, provenance of curated facts): one name on all instances, so that peers
# read each other; served at /def/.
ALLMENDE = Namespace("https://w3id.org/allmende/def#")
PREFIXES["allmende"] = ALLMENDE
