"""Kinds of value: cleaned, written as RDF terms and read back from them."""
