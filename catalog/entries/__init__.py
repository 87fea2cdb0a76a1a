"""Entries: which documents are one solution, what is published of them, and what an operator decides."""
