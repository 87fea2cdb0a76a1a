"""Controlled vocabularies as tables, and how they are read."""
