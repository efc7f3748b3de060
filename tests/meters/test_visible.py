"""Which GPUs are a job's, by every form of the variables that say so."""

from __future__ import annotations

import pytest

from joulebook.meters.sources.visible import GpuIdentity, visible_gpus

GPUS = [
    GpuIdentity(0, "GPU-aaaa1111-0000", "A100"),
    GpuIdentity(1, "GPU-aaaa2222-0000", "A100"),
    GpuIdentity(2, "GPU-bbbb3333-0000", "A100", ("MIG-cccc-1", "MIG-cccc-2", "MIG-dddd-3")),
    GpuIdentity(3, "GPU-bbbb4444-0000", "A100"),
]
ALL = [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("environ", "indices"),
    [
        ({}, ALL),
        ({"CUDA_VISIBLE_DEVICES": ""}, []),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, []),
        ({"CUDA_VISIBLE_DEVICES": "0"}, [0]),
        ({"CUDA_VISIBLE_DEVICES": "2,0"}, [2, 0]),
        ({"CUDA_VISIBLE_DEVICES": " 0 , 1 "}, [0, 1]),
        ({"CUDA_VISIBLE_DEVICES": "0,-1,1"}, [0]),
        ({"CUDA_VISIBLE_DEVICES": "0,9,1"}, [0]),
        ({"CUDA_VISIBLE_DEVICES": "7"}, []),
        ({"CUDA_VISIBLE_DEVICES": "0,0"}, [0]),
        ({"CUDA_VISIBLE_DEVICES": "none"}, []),
        ({"CUDA_VISIBLE_DEVICES": "GPU-aaaa2222-0000"}, [1]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-AAAA2222"}, [1]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-aaaa"}, []),  # a prefix of two GPUs names neither
        ({"CUDA_VISIBLE_DEVICES": "GPU-bbbb4,GPU-aaaa1"}, [3, 0]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-nothing"}, []),
        ({"CUDA_VISIBLE_DEVICES": "MIG-cccc-2"}, [2]),
        ({"CUDA_VISIBLE_DEVICES": "MIG-GPU-bbbb3333-0000/1/0"}, [2]),
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, ALL),
        ({"NVIDIA_VISIBLE_DEVICES": "none"}, []),
        ({"NVIDIA_VISIBLE_DEVICES": "1,3"}, [1, 3]),
        ({"NVIDIA_VISIBLE_DEVICES": "GPU-bbbb3333-0000"}, [2]),
        ({"NVIDIA_VISIBLE_DEVICES": "4,5,6,7"}, ALL),  # as many as are shown: the runtime has applied it
        ({"NVIDIA_VISIBLE_DEVICES": "1,3", "CUDA_VISIBLE_DEVICES": "1"}, [3]),
        ({"SLURM_JOB_GPUS": "2"}, [2]),
        ({"SLURM_JOB_GPUS": "1-2"}, [1, 2]),
        ({"SLURM_STEP_GPUS": "3", "SLURM_JOB_GPUS": "2,3"}, [3]),
        ({"SLURM_JOB_GPUS": "2", "CUDA_VISIBLE_DEVICES": "0"}, [0]),
    ],
)
def test_table(environ: dict[str, str], indices: list[int]) -> None:
    assert [seen.gpu.index for seen in visible_gpus(environ, GPUS).gpus] == indices


def test_mig_parts_of_one_gpu_are_one_device_with_its_parts() -> None:
    (seen,) = visible_gpus({"CUDA_VISIBLE_DEVICES": "MIG-cccc-1,MIG-dddd-3"}, GPUS).gpus
    assert seen.mig_uuids == ("MIG-cccc-1", "MIG-dddd-3")


def test_numbers_on_a_machine_with_unlike_gpus_are_in_doubt_unless_the_order_is_set() -> None:
    mixed = [GPUS[0], GpuIdentity(1, "GPU-x", "RTX 3060")]
    assert "CUDA_DEVICE_ORDER" in visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, mixed).doubt
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, mixed).doubt is None
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "GPU-x"}, mixed).doubt is None
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, GPUS).doubt is None
