"""The version of this installation; a test holds it to `pyproject.toml`."""

__version__ = "0.1.0"
