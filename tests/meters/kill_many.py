"""Starts many metered jobs, kills each at a random moment, and prints what became of them as JSON.

A program of its own (`python kill_many.py SEED JOBS GPUS`), run by test_killed_often.py. What a job did stands in
memory that outlives it.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import random
import resource
import select
import signal
import struct
import sys
import time
from dataclasses import asdict, dataclass, field

from joulebook import track
from joulebook.meters.clock import boot_s
from joulebook.meters.journal import is_alive

STEP_S = 0.02
HELD_S = 10.0
MOST_ALIVE = 12  # more would starve one another's meters: what is tried here is being killed, not a crowded machine
WAYS = ("begins", "steps", "aborts", "holds the lock", "steps")
_LOOK_EVERY_S, _LONGEST_S = 0.02, 60.0
_SLOT = struct.Struct("ddd200s")  # when the run began, steps done, when the job aborted, the journal


@dataclass
class Job:
    """One job: in which state it is killed, how, and how long after it began."""

    number: int
    way: str
    signal: int
    after_s: float
    pid: int = 0
    began_b: float = 0.0
    killed_b: float = 0.0
    gone_s: float | None = None
    steps: float = 0
    journal: str = ""
    due_b: float | None = field(default=None, repr=False)


def planned(seed: int, jobs: int) -> list[Job]:
    """The same jobs for the same seed."""
    rng = random.Random(seed)
    signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGABRT)
    return [
        Job(number, way, int(rng.choice(signals)), rng.uniform(0, 3 if way == "begins" else 6))
        for number, way in ((number, WAYS[number % len(WAYS)]) for number in range(jobs))
    ]


def be(job: Job, memory: mmap.mmap, told: int) -> None:
    """What a job does until it is killed."""
    with track(f"job {job.number}") as run:
        began_b, path = boot_s(), str(run._job.path).encode()

        def tell(steps: int, aborted_b: float = 0.0) -> None:
            _SLOT.pack_into(memory, _SLOT.size * job.number, began_b, steps, aborted_b, path)

        tell(0)
        os.write(told, struct.pack("i", job.number))
        if job.way == "holds the lock":
            ctypes.PyDLL(None).usleep(ctypes.c_uint(int(HELD_S * 1e6)))  # unlike CDLL, it keeps the interpreter's lock
        steps = 0
        while True:
            if job.way == "aborts" and boot_s() - began_b > job.after_s:
                tell(steps, boot_s())
                os.abort()
            time.sleep(STEP_S)
            run.count(samples=1)
            steps += 1
            tell(steps)


def kill(job: Job, memory: mmap.mmap) -> None:
    """Kill a job, or see it abort by itself, and note the moment."""
    if job.way != "aborts":
        job.killed_b = boot_s()
        os.kill(job.pid, job.signal)
    os.waitpid(job.pid, 0)
    job.began_b, job.steps, aborted_b, path = _SLOT.unpack_from(memory, _SLOT.size * job.number)
    job.killed_b = job.killed_b or aborted_b
    job.journal = path.rstrip(b"\0").decode()


def start_and_kill(jobs: list[Job], gpus: int) -> None:
    """Start all jobs; kill those that are due, also while others begin."""
    memory = mmap.mmap(-1, _SLOT.size * len(jobs))
    told_read, told = os.pipe()
    os.set_blocking(told_read, False)
    waiting = list(jobs)
    while waiting or any(not job.killed_b for job in jobs):
        alive = sum(bool(job.pid) and not job.killed_b for job in jobs)
        if waiting and alive < MOST_ALIVE:
            job = waiting.pop(0)
            job.pid = os.fork()
            if job.pid == 0:
                os.environ["CUDA_VISIBLE_DEVICES"] = str(job.number % gpus)
                be(job, memory, told)
            if job.way == "begins":
                job.due_b = boot_s() + job.after_s
        pause_s = 0.0 if waiting and alive < MOST_ALIVE else _LOOK_EVERY_S
        if select.select([told_read], [], [], pause_s)[0]:
            for (number,) in struct.iter_unpack("i", os.read(told_read, 4096)):
                if jobs[number].due_b is None:
                    jobs[number].due_b = boot_s() + jobs[number].after_s
        for job in jobs:
            if job.due_b is not None and job.due_b <= boot_s() and not job.killed_b:
                kill(job, memory)
        see_who_is_gone(jobs)


def see_who_is_gone(jobs: list[Job]) -> bool:
    """Note when the helper of a killed job has let go of its journal; whether all have."""
    left = [job for job in jobs if job.journal and job.gone_s is None]
    for job in left:
        if not is_alive(job.journal):
            job.gone_s = boot_s() - job.killed_b
    return not left


def main() -> None:
    """Run it all."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    jobs = planned(int(sys.argv[1]), int(sys.argv[2]))
    start_and_kill(jobs, int(sys.argv[3]))
    print("killed", flush=True)
    until_b = boot_s() + _LONGEST_S
    while not see_who_is_gone(jobs) and boot_s() < until_b:
        time.sleep(_LOOK_EVERY_S)
    print(json.dumps([asdict(job) for job in jobs]), flush=True)


if __name__ == "__main__":
    main()
