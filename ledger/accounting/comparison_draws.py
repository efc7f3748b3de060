"""Paired draws of candidates: what two share is drawn once for both, so that it cancels between them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from joulebook.ledger.accounting.comparison_types import Candidate, Quality
from joulebook.ledger.accounting.figure import Figure
from joulebook.ledger.accounting.uncertainty import Z90

Floats = npt.NDArray[np.float64]

SEED = 20_240_613  # fixed, so that the same input gives the same answer


def log_sides(figure: Figure) -> tuple[float, float]:
    """How far a figure's 90 % range reaches down and up, in ln(value); a low end of 0 counts as far as the high one."""
    if figure.high <= figure.low or figure.value <= 0:
        return 0.0, 0.0
    up = math.log(figure.high / figure.value)
    return (math.log(figure.value / figure.low) if figure.low > 0 else up), up


def log_sd(figure: Figure) -> float:
    """Standard deviation of ln(value) that a figure's 90 % range stands for."""
    return sum(log_sides(figure)) / (2 * Z90)


def energy_draws(candidates: list[Candidate], draws: int) -> Floats:
    """Joules per unit, shape (draws, n), lognormal around the central values; NaN columns where energy is unknown."""
    central = np.array([c.energy_per_unit_j.value if c.energy_per_unit_j else math.nan for c in candidates])
    own = np.array([math.log(c.own_gsd) for c in candidates])
    spread = normals([(c.energy_per_unit_j, c.own_gsd) for c in candidates], draws, stream=1) * own
    for key in sorted({key for c in candidates for key, _ in c.shared_gsd}):
        sds = np.array([math.log(dict(c.shared_gsd).get(key, 1.0)) for c in candidates])
        spread += normals([key], draws, stream=0) * sds
    drawn: Floats = central * np.exp(spread)
    return drawn


def quality_draws(qualities: list[Quality | None], draws: int) -> Floats:
    """Quality, shape (draws, n), as two half normals that keep the value as median and the ends of its range.

    Better is always more: values of a metric where less is better are negated. NaN columns where quality or its
    range is unknown. Answers of two models to one test set are drawn independently, which is on the safe side: shared
    items would make a difference surer.
    """
    z = normals([(q.value, q.low, q.high) if q else None for q in qualities], draws, stream=2)
    value, down, up = (np.full(len(qualities), math.nan) for _ in range(3))
    for i, quality in enumerate(qualities):
        if quality is None or quality.low is None or quality.high is None:
            continue
        value[i] = quality.value
        down[i], up[i] = (quality.value - quality.low) / Z90, (quality.high - quality.value) / Z90
    drawn: Floats = (value + np.where(z < 0, z * down, z * up)) * signs(qualities)
    return drawn


def figure_draws(figures: list[Figure | None], draws: int, stream: int) -> Floats:
    """Independent lognormal draws of figures, shape (draws, n); NaN columns where unknown."""
    central = np.array([f.value if f else math.nan for f in figures])
    sds = np.array([log_sd(f) if f else 0.0 for f in figures])
    drawn: Floats = central * np.exp(normals(figures, draws, stream) * sds)
    return drawn


def normals(contents: Sequence[object], draws: int, stream: int) -> Floats:
    """Standard normal draws, shape (draws, n), each column fixed by what it is of and not by its name or place.

    So an answer about two candidates does not change when a third is added, renamed or moved. Equal contents get draws
    of their own by how often they came before.
    """
    seen: Counter[str] = Counter()
    columns = np.empty((len(contents), draws))
    for i, content in enumerate(contents):
        text = repr(content)
        digest = hashlib.sha256(f"{stream}|{seen[text]}|{text}".encode()).digest()
        seen[text] += 1
        columns[i] = np.random.default_rng([SEED, int.from_bytes(digest[:8], "big")]).standard_normal(draws)
    return columns.T


def signs(qualities: list[Quality | None]) -> Floats:
    """1 where more is better, -1 where less is; shape (n,)."""
    return np.array([-1.0 if quality is not None and not quality.higher_is_better else 1.0 for quality in qualities])
