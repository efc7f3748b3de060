"""Where the face leaves the rates of a place (gCO2e and USD), so that a summary can show them; light to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joulebook.meters.summary import RatesFinder

_finders: list[RatesFinder] = []


def use_rates(find_rates: RatesFinder) -> None:
    """Let summaries show gCO2e and USD by these rates; called by the face."""
    _finders[:] = [find_rates]


def rates_finder() -> RatesFinder | None:
    """The rates given by the face, made safe; None where none were."""
    return _safe(_finders[0]) if _finders else None


def _safe(find_rates: RatesFinder) -> RatesFinder:
    """Rates that can't be found leave a summary with energy alone."""

    def found(location: Any, declared: Any) -> Any:
        try:
            return find_rates(location, declared)
        except Exception:  # noqa: BLE001 - a summary shows energy always
            from joulebook.meters.summary import Rates

            return Rates()

    return found
