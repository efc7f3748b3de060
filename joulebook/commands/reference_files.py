"""The newer files that the settings put in place of reference sets, before anything is read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joulebook.meters.settings import Settings


def settings_with_files() -> Settings:
    """The settings, their `[data]` files in place.

    Raises:
        ReferenceDataError: A file doesn't fit, or there is no such set.
    """
    from joulebook.meters.settings import load_settings
    from joulebook.reference_data.sets import use_files

    settings = load_settings()
    use_files(settings.extra.get("data", {}))
    return settings
