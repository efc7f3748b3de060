"""A training loop with nothing but Joulebook: `python examples/training_loop.py`, then `joulebook show latest`."""

from __future__ import annotations

import random

from joulebook import track


def train_one_epoch(weight: float, samples: list[tuple[float, float]]) -> float:
    """Fit y = weight * x by stochastic gradient descent."""
    for x, y in samples:
        weight -= 0.01 * (weight * x - y) * x
    return weight


def main() -> None:
    """Thirty epochs, each a phase; the error at the end is the run's quality."""
    samples = [(x, 3 * x + random.gauss(0, 0.1)) for x in (random.uniform(-1, 1) for _ in range(100_000))]
    with track("line", project="examples", kind="training", model="line", parameters=1, task="regression") as run:
        weight = 0.0
        for _ in range(30):
            with run.phase("epoch"):
                weight = train_one_epoch(weight, samples)
            run.count(samples=len(samples))
        errors = [(weight * x - y) ** 2 for x, y in samples[:1000]]
        run.quality("squared-error", scores=errors, higher_is_better=False)
    print(run.summary())


if __name__ == "__main__":
    main()
