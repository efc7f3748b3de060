"""The books: journals come in, are accounted, and go out as figures."""
