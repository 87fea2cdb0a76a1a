"""From sources to entries: runs, sources, registration, and what is remembered of a repository between two visits."""
