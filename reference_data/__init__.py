"""Sourced facts as CSV, one bibliography, loaders on the standard library alone; no arithmetic. See README.md here."""
