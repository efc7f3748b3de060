"""The errors that end a command with one clear line instead of a traceback."""

from __future__ import annotations

import importlib


class DemoError(Exception):
    """The demonstration lacks something; the message says what and how to get it."""


def user_errors() -> tuple[type[Exception], ...]:
    """The roots of each room's error tree, without importing what is heavy."""
    names = (
        ("joulebook.meters.errors", "MeterError"),
        ("joulebook.ledger.errors", "LedgerError"),
        ("joulebook.reference_data.errors", "ReferenceDataError"),
    )
    return (DemoError, *(getattr(importlib.import_module(module), name) for module, name in names))
