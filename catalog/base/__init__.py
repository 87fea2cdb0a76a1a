"""What the whole catalogue stands on: settings, errors, the clock, the database and its tables, languages.

Knows no other room.
"""
