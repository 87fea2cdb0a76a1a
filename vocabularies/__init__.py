"""Metadata: what a solution is, how each format says it, and how it is said in RDF.

Pure: no network, no database, no Flask.
"""
