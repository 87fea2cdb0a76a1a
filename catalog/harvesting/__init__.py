"""From sources to entries: runs, sources, registration, what is remembered between two crawls."""
