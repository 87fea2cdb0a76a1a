"""What udata's harvester makes of a feed.

Run by a Python that has udata and mongomock; prints {IRI: [title, identifier, address, ...]}, a line a page.

`python udata_reads.py ADDRESS`
"""

import json
import sys

import mongoengine
import mongomock
from flask import Flask
from udata import i18n, settings
from udata.core.dataset.rdf import dataset_from_rdf
from udata.harvest.backends.dcat import DCAT, RDF, DcatBackend, uniquify
from udata.harvest.models import HarvestSource

app = Flask("udata")
app.config.from_object(settings.Defaults)
app.config.from_object(settings.Testing)
app.config.update(
    SERVER_NAME="udata.example.org", LANGUAGES={"de": "Deutsch", "fr": "Français"}, DEFAULT_LANGUAGE="de"
)
i18n.init_app(app)
with app.test_request_context():
    mongoengine.disconnect_all()
    mongoengine.connect("udata", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    backend = DcatBackend(HarvestSource(name="allmende", url=sys.argv[1], backend="dcat"), dryrun=True)
    for graph, _ in backend.walk_paginated_graph(sys.argv[1]):
        found = {}
        for node in uniquify(graph.subjects(RDF.type, [DCAT.Dataset, DCAT.DatasetSeries])):
            if not backend.is_dataset_external_to_this_graph(node, graph):
                dataset = dataset_from_rdf(graph, None, node=node, dryrun=True)
                found[dataset.harvest.uri] = [
                    dataset.title,
                    dataset.harvest.dct_identifier,
                    *(resource.url for resource in dataset.resources),
                ]
        print(json.dumps(found), flush=True)
