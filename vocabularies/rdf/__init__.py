"""RDF: the table of fields and predicates, what DCAT-AP wants on top, and how it is written out."""
