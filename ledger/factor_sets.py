"""The factor set of today: reference data with what the user declared on top."""

from __future__ import annotations

from joulebook.ledger.accounting.factors import Factors
from joulebook.meters.settings import Settings


def current_factors(settings: Settings) -> Factors:
    """The newest factor set, with PUE, WUE, price, GPU-hour rate, contracts and model choices of the settings.

    Raises:
        LedgerError: A declared value or a file of the user's is not usable; the message says where.
    """
    raise NotImplementedError
