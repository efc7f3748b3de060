"""The real torchrun, twice as the two nodes of one launch with nothing but its defaults: all ranks are one run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.framework("torch")

# Ranks meet, so that all are metered at a time.
RANK = r"""
import os, sys, time
from pathlib import Path
from joulebook import track
place, rank, restarts = Path(sys.argv[1]), os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
with track("train") as run:
    (place / f"{restarts}-{rank}").touch()
    until = time.monotonic() + 60
    while len(list(place.glob(f"{restarts}-*"))) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    (place / f"run-{restarts}-{rank}").write_text(run.id)
"""


def test_two_nodes_with_static_rendezvous_are_one_run(tmp_path: Path, journals: Path) -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    script, place = tmp_path / "rank.py", tmp_path / "place"
    script.write_text(RANK)
    place.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--nnodes", "2", "--nproc-per-node", "2", "--master-addr", "127.0.0.1", "--master-port", str(port)]
    nodes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "torch.distributed.run",
                *options,
                "--node-rank",
                str(node),
                str(script),
                str(place),
            ],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for node in range(2)
    ]
    said = [node.communicate(timeout=240)[1] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], said
    runs = [path.read_text() for path in place.glob("run-0-*")]
    assert len(runs) == 4
    assert len(set(runs)) == 1
    assert len(list(journals.glob(f"{runs[0]}.*.jsonl"))) == 4
