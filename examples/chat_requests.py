"""Requests to an OpenAI-compatible server, with tokens and latency: `python examples/chat_requests.py URL MODEL`.

Needs openai. The energy is that of the machine it runs on: where the server is elsewhere, meter the server's host with
the same JOULEBOOK_RUN_ID, and both become one run.
"""

from __future__ import annotations

import sys

from openai import OpenAI

from joulebook import track
from joulebook.meters.integrations.openai import meter_client


def main(url: str, model: str) -> None:
    """Three questions, each a request."""
    with track("chat", project="examples", kind="inference", model=model, task="chat") as run:
        client = meter_client(OpenAI(base_url=url, api_key="none"), run)
        for question in ("Name a colour.", "Name a fruit.", "Name a city."):
            client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}], max_tokens=20)
    print(run.summary())


if __name__ == "__main__":
    main(*sys.argv[1:3])
