"""Proof that the search finds what people mean, the same in both engines, and survives what they throw at it."""
