"""Errors of this room that are a user's to mend; each message says what, where and what to do."""

from __future__ import annotations


class ReferenceDataError(Exception):
    """Something asked of the reference data that could not be done; the message is one clear line for a person."""


class UnknownZoneError(ReferenceDataError):
    """A country or region code that is no code at all."""


class NoFigureError(ReferenceDataError):
    """A known place or device for which no figure of the asked kind was found."""


class BadFileError(ReferenceDataError):
    """A newer file that can't be used; the message names row and column."""
