"""The Trainer callback and the generation helper, with real models that are built here and train on the CPU."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.framework("torch", "transformers", "accelerate")

SAMPLES, TOKENS_EACH, VOCABULARY = 24, 8, 50


@pytest.fixture(autouse=True)
def _foreign_warnings() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the framework's own, of which each version has others
        yield


def _model() -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=VOCABULARY, n_positions=64, n_embd=16, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=2
        )
    )


def _data(n: int = SAMPLES) -> list[dict[str, Any]]:
    import torch

    rows = [torch.randint(3, VOCABULARY, (TOKENS_EACH,)) for _ in range(n)]
    return [{"input_ids": row, "labels": row} for row in rows]


def _trainer(folder: Path, *, callbacks: Any = (), data: Any = None, **arguments: Any) -> Any:
    from transformers import Trainer, TrainingArguments

    said = TrainingArguments(
        output_dir=str(folder),
        **{
            "num_train_epochs": 2,
            "per_device_train_batch_size": 4,
            "per_device_eval_batch_size": 4,
            "eval_strategy": "epoch",
            "save_strategy": "epoch",
            "report_to": "none",
            "disable_tqdm": True,
            "use_cpu": True,
            "dataloader_pin_memory": False,
            **arguments,
        },
    )
    return Trainer(_model(), said, train_dataset=data or _data(), eval_dataset=_data(8), callbacks=list(callbacks))


def test_training_by_name(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.trainer_meter import REGISTERED
    from joulebook.meters.integrations.transformers import register

    register(project="support-bot", stage="finetune")
    try:
        trainer = _trainer(tmp_path, report_to="joulebook")
        trainer.train()
    finally:
        REGISTERED.clear()

    [run] = told()
    assert run.status == "finished"
    assert run.phases == ["train", *2 * ["train/evaluation", "train/save"]]
    said = {key: run.opening[key] for key in ("project", "stage", "kind", "model")}
    assert said == {"project": "support-bot", "stage": "finetune", "kind": "training", "model": "GPT2LMHeadModel"}
    assert run.opening["parameters"] == sum(parameter.numel() for parameter in trainer.model.parameters())
    assert run.counts["samples"] == 2 * SAMPLES
    assert run.counts["tokens"] == 2 * SAMPLES * TOKENS_EACH
    assert run.counts["evaluation_samples"] == 2 * 8
    assert run.counts["steps"] == run.counts["total_steps"] == trainer.state.max_steps > 1
    assert [(q["name"], q["n"], q["higher_is_better"]) for q in run.quality] == [("eval_loss", 8, False)] * 2


def test_evaluation_alone_is_a_run_of_its_own(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from joulebook.meters.integrations.transformers import JoulebookCallback

    trainer = _trainer(tmp_path, callbacks=[JoulebookCallback(name="quiz")])
    trainer.evaluate()
    trainer.save_model(str(tmp_path / "saved"))  # outside any run: metered by none

    [run] = told()
    assert (run.status, run.opening["name"], run.opening["stage"]) == ("finished", "quiz", "evaluate")
    assert run.counts["samples"] == 8


@pytest.mark.parametrize(
    ("raised", "status"), [(RuntimeError("out of memory"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_what_training_raises_closes_the_run(
    tmp_path: Path, told: Callable[[], list[Any]], raised: BaseException, status: str
) -> None:
    from joulebook.meters.integrations.transformers import JoulebookCallback

    class Broken(list):  # type: ignore[type-arg]
        def __getitem__(self, place: Any) -> Any:
            if place == SAMPLES - 1:
                raise raised
            return super().__getitem__(place)

    trainer = _trainer(tmp_path, callbacks=[JoulebookCallback()], data=Broken(_data()))
    with pytest.raises(type(raised)) as caught:
        trainer.train()

    assert caught.value is raised
    [run] = told()
    assert run.status == status
    assert run.failed == {"train"}


def test_early_stop_closes_the_run(tmp_path: Path, told: Callable[[], list[Any]]) -> None:
    from transformers import TrainerCallback

    from joulebook.meters.integrations.transformers import JoulebookCallback

    class Enough(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_training_stop = state.global_step == 2

    _trainer(tmp_path, callbacks=[Enough(), JoulebookCallback()], save_strategy="no").train()

    [run] = told()
    assert run.status == "finished"
    assert run.counts["samples"] == 2 * 4


def test_generation_counts_prompts_as_requests(told: Callable[[], list[Any]]) -> None:
    import torch

    from joulebook import track
    from joulebook.meters.integrations.transformers import meter_generation

    with track("answers", kind="inference") as run:
        model = meter_generation(_model(), run)
        prompts = torch.randint(3, VOCABULARY, (3, 5))
        mask = torch.ones_like(prompts)
        mask[0, :2] = 0  # two positions of padding
        answer = model.generate(prompts, attention_mask=mask, max_new_tokens=4, do_sample=False, pad_token_id=0)

    rows = answer[:, 5:].tolist()
    lengths = [row.index(2) + 1 if 2 in row else 4 for row in rows]
    [told_run] = told()
    assert told_run.requests["n"] == 3
    assert told_run.requests["tokens_in"] == 3 + 5 + 5
    assert told_run.requests["tokens_out"] == sum(lengths)


def test_an_answer_ends_with_its_first_end_of_sequence() -> None:
    from joulebook.meters.integrations.generation import _answer_length

    assert _answer_length([7, 2, 0, 0], {2}) == 2
    assert _answer_length([7, 8], {None}) == 2
