"""The mutation run.

Faults put into the code one at a time, and whether the tests of its room notice. `python -m
tests.mutation`.
"""
