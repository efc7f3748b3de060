"""Measures windows with Zeus."""

import json
import random
import sys
import time

from zeus.monitor import ZeusMonitor

if __name__ == "__main__":  # its power monitor starts processes that run this module again
    lengths = [float(word) for word in sys.argv[1].split(",")]
    monitor = ZeusMonitor(gpu_indices=[0], cpu_indices=[])
    time.sleep(1.0)
    rows = []
    for number, length in enumerate(lengths):
        monitor.begin_window(str(number), sync_execution=False)
        start = time.clock_gettime(time.CLOCK_BOOTTIME)
        time.sleep(length)
        end = time.clock_gettime(time.CLOCK_BOOTTIME)
        rows.append([start, end, sum(monitor.end_window(str(number), sync_execution=False).gpu_energy.values())])
        time.sleep(random.uniform(0.2, 0.5))
    print(json.dumps(rows))
