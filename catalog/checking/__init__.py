"""What is wrong with a metadata file, told without a server."""
