"""Foreign records into the books, one file a format."""
