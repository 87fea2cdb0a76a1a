"""Whether a file conforms: rules of format, version and key judge what reading it has found."""
