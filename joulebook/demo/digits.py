"""Hand-written digits (scikit-learn's own, 8 x 8 pixels): a network of 1.1 million parameters teaches two small ones.

The data are the 1,797 digits of Alpaydin and Kaynak (UCI, 1998) that ship with scikit-learn. A third is labelled for
the large model, a third is the pool from which it labels fresh, shifted and noisy images, and a third is held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from joulebook.demo.steps import Demonstration, Step

Array = npt.NDArray[Any]
HIDDEN = {"MLP-1024x1024": (1024, 1024), "MLP-128": (128,), "MLP-32": (32,)}
LARGE, MIDDLE, SMALL = HIDDEN
CLASSES = np.arange(10)
SERVED_AT_ONCE = 32


def parameters(model: str) -> float:
    """Weights and biases of a fully connected network on 64 pixels and 10 classes."""
    widths = (64, *HIDDEN[model], 10)
    return float(sum(n * m + m for n, m in pairwise(widths)))


def fresh(images: Array, random: np.random.Generator) -> Array:
    """The same digits, each shifted by up to a pixel and with a little noise: images that nobody has seen.

    Args:
        images: Shape (n, 64), grey levels 0 to 1.
        random: Where shifts and noise come from.
    """
    padded = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (8, 8), axis=(1, 2))
    down, right = random.integers(0, 3, size=(2, len(images)))
    shifted = windows[np.arange(len(images)), down, right].reshape(-1, 64)
    noise = random.normal(0, 0.05, shifted.shape).astype(images.dtype)
    return np.clip(shifted + noise, 0, 1)


class Digits:
    """The data, split, and the three networks as they learn; each method is the work of one kind of step."""

    def __init__(self, seed: int = 0) -> None:
        """Split the digits into thirds: to learn from, to be labelled by the large model, and held out."""
        data = load_digits()
        images, labels = (data.data / 16.0).astype(np.float32), data.target
        order = np.random.default_rng(seed).permutation(len(images))
        learn, pool, held_out = np.split(order, [len(order) // 3, 2 * len(order) // 3])
        self.images, self.labels = images[learn], labels[learn]
        self.pool = images[pool]
        self.held_out, self.truth = images[held_out], labels[held_out]
        self.random = np.random.default_rng(seed + 1)
        self.networks = {
            name: MLPClassifier(hidden, batch_size=32, random_state=seed) for name, hidden in HIDDEN.items()
        }
        self.labelled: list[tuple[Array, Array]] = []

    def learn(self, run: Any, window: Iterator[int]) -> None:
        """The large model learns from the labelled third."""
        for _ in window:
            with run.phase("epoch"):
                self.networks[LARGE].partial_fit(fresh(self.images, self.random), self.labels, classes=CLASSES)
            run.count(samples=len(self.images))

    def label(self, run: Any, window: Iterator[int]) -> None:
        """The large model labels fresh images of the pool, which had no labels."""
        for _ in window:
            images = fresh(self.pool, self.random)
            self.labelled.append((images, self.networks[LARGE].predict(images)))
            run.count(samples=len(images))

    def distil(self, model: str, run: Any, window: Iterator[int]) -> None:
        """A small model learns from what the large one labelled, and from nothing else."""
        for number in window:
            images, labels = self.labelled[number % len(self.labelled)]
            self.networks[model].partial_fit(images, labels, classes=CLASSES)
            run.count(samples=len(images))

    def serve(self, model: str, run: Any, window: Iterator[int]) -> None:
        """Answer the held-out third again and again, a few images a request, and score the answers once."""
        network = self.networks[model]
        answers = [network.predict(batch) for batch in self._batches()]
        accuracy = float(np.mean(np.concatenate(answers) == self.truth))
        for _ in window:
            for batch in self._batches():
                with run.request():
                    network.predict(batch)
                run.count(samples=len(batch))
        run.quality("accuracy", accuracy, n=len(self.truth), higher_is_better=True)

    def _batches(self) -> Iterator[Array]:
        for start in range(0, len(self.held_out), SERVED_AT_ONCE):
            yield self.held_out[start : start + SERVED_AT_ONCE]


def demonstration() -> Demonstration:
    """Seven steps: the large model learns and labels, two small ones learn from its labels, all three serve."""
    digits = cache(Digits)  # made when the first step needs it: a second start shows what is there
    steps = [
        Step(
            "the large model learns",
            "training",
            "pretrain",
            LARGE,
            parameters(LARGE),
            lambda run, window: digits().learn(run, window),
            at_least=30,
        ),
        Step(
            "the large model labels fresh images",
            "inference",
            "label",
            LARGE,
            parameters(LARGE),
            lambda run, window: digits().label(run, window),
        ),
    ]
    steps += [
        Step(
            f"{model} learns from these labels",
            "training",
            "distil",
            model,
            parameters(model),
            lambda run, window, model=model: digits().distil(model, run, window),
        )
        for model in (MIDDLE, SMALL)
    ]
    steps += [
        Step(
            f"{model} serves held-out images",
            "inference",
            "serve",
            model,
            parameters(model),
            lambda run, window, model=model: digits().serve(model, run, window),
        )
        for model in HIDDEN
    ]
    return Demonstration(
        project="demo",
        task="digits",
        large=LARGE,
        small=SMALL,
        about="hand-written digits, 8 x 8 pixels (scikit-learn)",
        steps=tuple(steps),
        models=tuple(HIDDEN),
    )
