"""The legs: crawlers know forges, Git and HTTP; they know no metadata format, no database and no site."""
