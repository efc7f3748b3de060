"""The bars of Overview: each component is hatched by its own modelled joules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from joulebook.dashboard import overview
from joulebook.dashboard.palette import LIGHT


def test_each_component_is_hatched_by_what_was_not_measured_of_it() -> None:
    frame = pd.DataFrame(
        {
            "gpu_j": [60.0, 50.0], "cpu_j": [30.0, 30.0], "ram_j": [10.0, 5.0], "other_j": [np.nan, np.nan],
            "gpu_measured_j": [0.0, 50.0], "cpu_measured_j": [30.0, 10.0], "ram_measured_j": [0.0, 0.0],
            "other_measured_j": [np.nan, np.nan], "measured_j": [30.0, 60.0],
            "energy_j": [100.0, 85.0], "facility_energy_j": [120.0, 102.0],
        }
    )  # fmt: skip
    parts = overview._by_component(frame, LIGHT)
    assert [(part.name, part.modelled, part.energy_j.tolist()) for part in parts] == [
        ("gpu", False, [0.0, 50.0]),
        ("gpu", True, [60.0, 0.0]),
        ("cpu", False, [30.0, 10.0]),
        ("cpu", True, [0.0, 20.0]),
        ("ram", True, [10.0, 5.0]),
        ("overhead", True, [20.0, 17.0]),
    ]
