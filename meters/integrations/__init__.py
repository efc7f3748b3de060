"""One file a framework, each importing it only when used."""
