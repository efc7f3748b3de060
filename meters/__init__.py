"""Measure: a small helper process beside the user's job reads counters and writes a journal."""
