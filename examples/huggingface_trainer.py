"""A Hugging Face Trainer by `report_to="joulebook"`. Needs transformers, accelerate and torch; trains a toy model."""

from __future__ import annotations

import tempfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from joulebook.meters.integrations.transformers import register


def main() -> None:
    """One line before the arguments are made; the rest is as ever."""
    register(project="examples", stage="finetune", task="toy-language", model="toy-gpt2")
    rows = [torch.randint(0, 100, (32,)) for _ in range(64)]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, num_train_epochs=1, report_to="joulebook", use_cpu=True, save_strategy="no"
        )
        model = GPT2LMHeadModel(GPT2Config(vocab_size=100, n_positions=32, n_embd=32, n_layer=2, n_head=2))
        Trainer(model, arguments, train_dataset=[{"input_ids": row, "labels": row} for row in rows]).train()


if __name__ == "__main__":
    main()
