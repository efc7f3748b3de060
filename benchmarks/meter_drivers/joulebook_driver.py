"""Measures windows with Joulebook: a phase each. Prints `[start, end, joules, low, high]` for each as one JSON list."""

import json
import random
import sys
import time

from joulebook import track
from joulebook.meters.journal import read_records
from joulebook.meters.summary import Observed

lengths = [float(word) for word in sys.argv[1].split(",")]
with track("windows") as run:
    time.sleep(0.3)
    for length in lengths:
        with run.phase("window"):
            time.sleep(length)
        time.sleep(random.uniform(0.2, 0.5))
    path = run._job.path
records = read_records(path)[0]
observed = Observed()
observed.add(records)
ends = {record["id"]: record["b"] for record in records if record["k"] == "pe"}
rows = []
for record in records:
    if record["k"] == "pb":
        window = observed.window(0, record["b"], ends[record["id"]])
        rows.append([record["b"], ends[record["id"]], window.energy_j, window.low_j, window.high_j])
print(json.dumps(rows))
