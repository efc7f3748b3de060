"""Measures windows with CarbonTracker: an epoch each; its PUE is taken out again."""

import json
import random
import sys
import tempfile
import time

from carbontracker.tracker import CarbonTracker

lengths = [float(word) for word in sys.argv[1].split(",")]
tracker = CarbonTracker(
    epochs=len(lengths) + 1, epochs_before_pred=0, components="gpu", update_interval=1, verbose=0,
    log_dir=tempfile.mkdtemp(), ignore_errors=True,
)  # fmt: skip
rows = []
for length in lengths:
    tracker.epoch_start()
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(length)
    end = time.clock_gettime(time.CLOCK_BOOTTIME)
    tracker.epoch_end()
    rows.append([start, end])
    time.sleep(random.uniform(0.2, 0.5))
energies = tracker.tracker.total_energy_per_epoch()  # kWh with PUE
pue = 1.58
for row, kwh in zip(rows, list(energies)[: len(rows)], strict=False):
    row.append(float(kwh) * 3.6e6 / pue)
print(json.dumps([row for row in rows if len(row) == 3]))
