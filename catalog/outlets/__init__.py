"""What goes out to other systems: the feed for portals and the documents of an entry."""
