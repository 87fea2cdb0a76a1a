"""Forges: listings of repositories, and what a forge says of each."""
