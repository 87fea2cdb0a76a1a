"""Git over HTTPS: what lies in the root of a repository, read in three requests."""
