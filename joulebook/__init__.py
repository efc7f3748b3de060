"""Joulebook: energy and carbon accounting for AI.

from joulebook import track

with track("finetune", kind="training", model="my-model") as run:
    train()
print(run.summary())
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joulebook.meters.place_rates import use_rates
from joulebook.meters.version import __version__

if TYPE_CHECKING:
    from joulebook.meters.track import Run as Run
    from joulebook.meters.track import track as track

__all__ = ["__version__", "track"]


def __getattr__(name: str) -> Any:
    """`track` and `Run`, imported when they are first asked for: `import joulebook` itself costs next to nothing."""
    if name not in ("track", "Run"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from joulebook.meters import track as module

    return getattr(module, name)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext joulebook` in a notebook: makes `%%joulebook` known."""
    from joulebook.meters.integrations.notebook import load_ipython_extension as load

    load(shell)


def _find_rates(location: Any, declared: Any) -> Any:
    from joulebook.rates import find_rates

    return find_rates(location, declared)


use_rates(_find_rates)
