"""A large and a small model on one task, ready to be compared. Needs scikit-learn.

`python examples/large_and_small.py`, then `joulebook compare digits-forest-100 digits-logistic --task digits`.
"""

from __future__ import annotations

from typing import Any

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from joulebook import track


def train_and_serve(name: str, model: Any, data: list[Any]) -> None:
    """Train a model, then let it answer the held-out digits one by one: two runs."""
    train_x, test_x, train_y, test_y = data
    with track(f"{name}-train", project="examples", kind="training", model=name, task="digits") as run:
        model.fit(train_x, train_y)
        run.count(samples=len(train_y))
    with track(f"{name}-serve", project="examples", kind="inference", stage="serve", model=name, task="digits") as run:
        right = []
        for image, digit in zip(test_x, test_y, strict=True):
            with run.request():
                answer = model.predict([image])[0]
            right.append(float(answer == digit))
        run.quality("accuracy", scores=right)


def main() -> None:
    """Both models on the same split."""
    images, digits = load_digits(return_X_y=True)
    data = train_test_split(images, digits, test_size=0.2, random_state=1)
    train_and_serve("digits-forest-100", RandomForestClassifier(100, random_state=1), data)
    train_and_serve("digits-logistic", LogisticRegression(max_iter=5000), data)


if __name__ == "__main__":
    main()
