"""Measures windows with eco2AI: a tracker each, read at the end of the window."""

import json
import random
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
from eco2ai import Tracker  # noqa: E402

lengths = [float(word) for word in sys.argv[1].split(",")]
rows = []
for length in lengths:
    tracker = Tracker(
        project_name="p", experiment_description="e", measure_period=1, alpha_2_code="FR",
        file_name=tempfile.mktemp(suffix=".csv"), ignore_warnings=True,
    )  # fmt: skip
    tracker.start()
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(length)
    end = time.clock_gettime(time.CLOCK_BOOTTIME)
    gpu = tracker._gpu
    tracker.stop()
    rows.append([start, end, gpu.get_consumption() * 3.6e6])
    time.sleep(random.uniform(0.2, 0.5))
print(json.dumps(rows))
