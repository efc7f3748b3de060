"""Measures windows with CodeCarbon: a task each."""

import json
import random
import sys
import time

from codecarbon import OfflineEmissionsTracker

lengths = [float(word) for word in sys.argv[1].split(",")]
tracker = OfflineEmissionsTracker(
    country_iso_code="FRA", measure_power_secs=1, save_to_file=False, log_level="critical", allow_multiple_runs=True
)
rows = []
for number, length in enumerate(lengths):
    tracker.start_task(str(number))
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    time.sleep(length)
    end = time.clock_gettime(time.CLOCK_BOOTTIME)
    rows.append([start, end, tracker.stop_task(str(number)).gpu_energy * 3.6e6])
    time.sleep(random.uniform(0.2, 0.5))
print(json.dumps(rows))
