"""Pure functions from observations and factors to figures: no files, no database, no clock."""
