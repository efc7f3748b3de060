"""Parts of a GPU: NVML counts the whole, so a part's energy is an estimate by slices, with the whole beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from simulated_nvml import Gpu

from joulebook.meters.sources.mig import share_of
from joulebook.meters.summary import Observed, summary_of

JOB = "from joulebook import track; import time\nwith track('x'): time.sleep(1)"
UUIDS = ("MIG-00000000-aaaa", "MIG-11111111-bbbb", "MIG-22222222-cccc")


@pytest.mark.compiler
@pytest.mark.parametrize(
    ("visible", "uuids", "slices"),
    [
        ({"CUDA_VISIBLE_DEVICES": UUIDS[0]}, UUIDS[:1], 2),
        ({"CUDA_VISIBLE_DEVICES": f"{UUIDS[0]},{UUIDS[1]}"}, UUIDS[:2], 3),
        ({"NVIDIA_VISIBLE_DEVICES": UUIDS[2]}, UUIDS[2:], 4),
        ({"NVIDIA_VISIBLE_DEVICES": UUIDS[2], "CUDA_VISIBLE_DEVICES": "0"}, UUIDS[2:], 4),
    ],
)
def test_a_part_is_estimated_by_its_slices_and_the_whole_is_told(
    visible, uuids, slices, python: Callable, simulator: Callable, read_journals: Callable
) -> None:
    sim = simulator(Gpu(high_w=350, mig=UUIDS, mig_slices=(2, 1, 4)), Gpu(high_w=70))
    assert python(JOB, {**sim.environ, **visible}).returncode == 0
    (journal,) = read_journals()
    device = journal.one("device")  # the other GPU is not visible
    assert device["mig"] == {
        "uuids": list(uuids),
        "share": "estimate",
        "slices": slices,
        "of": 7,
        "memory_bytes": slices * 10_000 << 20,
    }
    seen = Observed()
    seen.add(journal.records)
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    truth_j = sim.gpus[0].energy_j(sim.t0, start_b, end_b)
    whole = seen.window(device["i"], start_b, end_b)
    assert whole.energy_j == pytest.approx(truth_j, rel=0.03)

    summary = summary_of(seen, None)
    part = summary.components["gpu"]
    assert part.energy_j == pytest.approx(slices / 7 * whole.energy_j)
    assert part.low_j == pytest.approx(slices / 7 * whole.low_j / 2)
    assert part.high_j == pytest.approx(min(2 * slices / 7, 1) * whole.high_j)
    assert f"{slices} of 7 slices" in str(summary)
    assert f"{whole.energy_j:.4g} J" in str(summary)


@pytest.mark.parametrize(
    "mig", [None, {}, {"slices": None, "of": 7}, {"slices": 8, "of": 7}, {"slices": "2", "of": 7}, 3]
)
def test_a_part_of_unknown_size_has_no_share(mig) -> None:
    assert share_of(mig) is None
