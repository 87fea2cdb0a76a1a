"""Real servers on loopback for the tests: Git over HTTP, forges, PostgreSQL."""
