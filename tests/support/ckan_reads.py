"""What CKAN's harvester makes of a feed.

Run by a Python that has ckan and ckanext-dcat; prints {IRI: [title, identifier, address, ...]}, a line a
page.

`python ckan_reads.py ADDRESS`
"""

import json
import sys

import requests
from ckan.common import config
from ckanext.dcat.processors import RDFParser

config.update({"ckan.site_url": "https://ckan.example.org", "ckan.locale_default": "de"})
FORMATS = {"text/turtle": "turtle", "application/rdf+xml": "xml", "application/ld+json": "json-ld"}
address = sys.argv[1]
while address:
    answer = requests.get(address, timeout=60)
    answer.raise_for_status()
    parser = RDFParser(["euro_dcat_ap_3"])
    parser.parse(answer.text, FORMATS[answer.headers["Content-Type"].split(";")[0]])
    found = {}
    for dataset in parser.datasets():
        said = {extra["key"]: extra["value"] for extra in dataset["extras"]}
        found[said["uri"]] = [
            dataset["title"],
            said["identifier"],
            *(resource["url"] for resource in dataset["resources"]),
        ]
    print(json.dumps(found), flush=True)
    address = parser.next_page()
