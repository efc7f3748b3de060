"""Errors of this room that are a user's to mend; each message says what, where and what to do."""

from __future__ import annotations


class MeterError(Exception):
    """Something asked of `joulebook.meters` that could not be done; the message is one clear line for a person."""
