"""The change log and those who follow it."""
