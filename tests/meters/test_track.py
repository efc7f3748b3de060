"""`track` in real processes with a real helper, over simulated GPUs of exactly known energy."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter

import pytest
from simulated_nvml import INSTANTANEOUS, SEES_ALL, UNSUPPORTED, Fault, Gpu

pytestmark = pytest.mark.compiler


def window_of(journal, number: int, start_b: float, end_b: float):
    from joulebook.meters.summary import Observed

    observed = Observed()
    observed.add(journal.records)
    return observed.window(number, start_b, end_b)


def device_windows(journal):
    start_b, end_b = journal.one("open")["b"], journal.one("close")["b"]
    return {d["id"]: window_of(journal, d["i"], start_b, end_b) for d in journal.of("device")}, start_b, end_b


SCRIPT = """
import sys, time
from joulebook import track
with track("job", project="p", kind="training", stage="finetune", model="m", parameters=7e9, task="t",
           location="kr", tags={"a": 1}) as run:
    for epoch in range(2):
        with run.phase("epoch"):
            time.sleep(1.0)
    with run.phase("evaluate"):
        time.sleep(0.3)
    run.count(samples=3)
    run.count(samples=4, tokens_out=5)
    for _ in range(10):
        with run.request(tokens_in=2) as request:
            request.tokens_out = 1
    run.quality("accuracy", 0.9, n=100, language="ko")
    run.quality("loss", scores=[1.0, 2.0, 3.0], higher_is_better=False)
print(run.id)
print(run.summary())
"""


def test_a_run_is_recorded_in_full_and_its_energies_are_right(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(high_w=400, low_w=100, period_s=0.73), Gpu(high_w=250))
    done = python(SCRIPT, sim.environ)
    assert done.returncode == 0, done.stderr
    (journal,) = read_journals()
    opened = journal.one("open")
    assert opened["run"] == done.stdout.split()[0]
    said = {key: opened[key] for key in ("name", "project", "kind", "stage", "model", "parameters", "task", "tags")}
    assert said == {
        "name": "job",
        "project": "p",
        "kind": "training",
        "stage": "finetune",
        "model": "m",
        "parameters": 7e9,
        "task": "t",
        "tags": {"a": "1"},
    }
    assert opened["location"] == {"how": "flag", "zone": "KR"}
    assert journal.one("close")["status"] == "finished"
    assert sum(n.get("samples", 0) for n in journal.of("n")) == 7
    requests = journal.of("q")
    assert [sum(q[key] for q in requests) for key in ("n", "tokens_in", "tokens_out")] == [10, 20, 10]
    assert sum(sum(q["h"].values()) for q in requests) == 10
    assert [(q["name"], q["value"], q["n"], q["sd"]) for q in journal.of("quality")] == [
        ("accuracy", 0.9, 100, None),
        ("loss", 2.0, 3, 1.0),
    ]
    assert [(p["name"], p["index"]) for p in journal.of("pb")] == [("epoch", 0), ("epoch", 1), ("evaluate", 0)]
    windows, start_b, end_b = device_windows(journal)
    for gpu in sim.gpus:
        truth_j = gpu.energy_j(sim.t0, start_b, end_b)
        assert windows[gpu.uuid].energy_j == pytest.approx(truth_j, rel=0.03)
        assert windows[gpu.uuid].low_j <= truth_j <= windows[gpu.uuid].high_j
    ends = {p["id"]: p["b"] for p in journal.of("pe")}
    for phase in journal.of("pb"):
        truth_j = 250 * (ends[phase["id"]] - phase["b"])
        assert window_of(journal, 1, phase["b"], ends[phase["id"]]).energy_j == pytest.approx(truth_j, rel=0.05)
    assert "gCO2e" in done.stdout
    assert "kWh" in done.stdout or " J " in done.stdout


def test_marks_that_follow_closely_do_not_keep_the_meter_reading(python, simulator, read_journals) -> None:
    code = """
import time
from collections import Counter
from joulebook import track
with track("x") as run:
    for _ in range(40):
        with run.phase("short"): time.sleep(0.01)
    time.sleep(4)
"""
    assert python(code, simulator(Gpu(high_w=300)).environ).returncode == 0
    (journal,) = read_journals()
    quiet_b = max(record["b"] for record in journal.of("pe")) + 1
    readings = [record for record in journal.of("r") if quiet_b < record["b"] < journal.one("close")["b"]]
    assert 1 <= len(readings) <= 10  # about one a second


def test_contexts_and_utilisation_are_read_also_while_phases_follow_closely(journals, simulator, read_closed) -> None:
    code = """
import sys, time
from joulebook import track
sys.stdin.readline()
with track("x") as run:
    for _ in range(30):
        with run.phase("step"): time.sleep(0.1)
"""
    sim = simulator(Gpu(), Gpu())
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **sim.environ}, stdin=subprocess.PIPE, text=True
    )
    sim.processes = [(0, process.pid, 60)]
    sim.write()
    process.communicate("go\n")
    (journal,) = read_closed()
    numbers = {device["id"]: str(device["i"]) for device in journal.of("device")}
    used, unused = (numbers[gpu.uuid] for gpu in sim.gpus)
    contexts = journal.of("c")[-1]["d"]
    assert contexts[used] == [1, 1]
    assert contexts.get(unused, [0, 0]) == [0, 0]
    assert journal.of("u")


def test_a_gpu_without_a_counter_is_polled_and_added_up(python, simulator, read_journals) -> None:
    constant = Gpu(high_w=300, counter=False, arch=8, average=UNSUPPORTED)
    wave = Gpu(high_w=400, low_w=100, period_s=1.0, counter=False, arch=7, usage=SEES_ALL, average=UNSUPPORTED)
    wave.name = "A100"
    old = Gpu(high_w=150, counter=False, arch=4, usage=INSTANTANEOUS, average=UNSUPPORTED, instant=UNSUPPORTED)
    sim = simulator(constant, wave, old)
    code = "from joulebook import track; import time\nwith track('x'): time.sleep(3)"
    assert python(code, sim.environ).returncode == 0
    (journal,) = read_journals()
    windows, start_b, end_b = device_windows(journal)
    for gpu, tolerance in ((constant, 0.005), (wave, 0.08), (old, 0.005)):
        truth_j = gpu.energy_j(sim.t0, start_b, end_b)
        assert windows[gpu.uuid].energy_j == pytest.approx(truth_j, rel=tolerance)
    classes = [device["sensor"]["class"] for device in journal.of("device")]
    assert classes == ["nvml-average-1s", "nvml-sees-25-of-100ms", "nvml-window-10ms"]


def test_only_visible_gpus_are_metered(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(), Gpu(), Gpu(mig=("MIG-1-uuid",)))
    code = "from joulebook import track\nwith track('x'): pass"
    for visible in ("", "1", "MIG-1-uuid", "GPU-00000001"):
        python(code, {**sim.environ, "CUDA_VISIBLE_DEVICES": visible})
    seen = [[device["id"] for device in journal.of("device")] for journal in read_journals()]
    uuids = [gpu.uuid for gpu in sim.gpus]
    assert seen == [[], [uuids[1]], [uuids[2]], [uuids[1]]]
    assert read_journals()[2].one("device")["mig"]["uuids"] == ["MIG-1-uuid"]


HANGS = """
import time
from collections import Counter
t0 = time.perf_counter()
from joulebook import track
t1 = time.perf_counter()
run = track("x"); run.__enter__()
t2 = time.perf_counter()
time.sleep(0.5)
t3 = time.perf_counter()
run.__exit__(None, None, None)
t4 = time.perf_counter()
print(t2 - t1, t4 - t3)
"""


def test_a_driver_that_hangs_half_a_minute_costs_neither_start_nor_end(python, simulator, read_journals) -> None:
    sim = simulator(Gpu(), faults=[Fault("*", hang_s=30)])
    began = time.monotonic()
    done = python(HANGS, sim.environ)
    assert done.returncode == 0
    assert time.monotonic() - began < 25  # the process too ends without waiting for the driver
    start_s, end_s = (float(word) for word in done.stdout.split())
    assert start_s < 5  # not the 30 s of the driver; what it takes is measured in benchmarks/metering_cost.py
    assert end_s < 5
    (journal,) = read_journals()
    assert journal.one("close")["status"] == "finished"
    assert "did not answer" in " ".join(absent["why"] for absent in journal.of("absent"))
    assert journal.of("m")  # other sources went on


def test_decorated_functions_of_every_form_are_runs_of_their_own(python, read_journals) -> None:
    code = """
import asyncio
from joulebook import track

@track
def plain(x): return x + 1

@track("named", kind="inference")
def named(): return 2

@track()
def numbers():
    got = yield 1
    yield got
    return 7

@track()
async def coroutine(): return 3

@track()
async def stream():
    yield 4
    yield 5

class Model:
    @track
    def method(self): return self

assert plain(1) == 2 and named() == 2
generator = numbers()
assert next(generator) == 1 and generator.send(9) == 9
try: next(generator)
except StopIteration as stop: assert stop.value == 7
assert asyncio.run(coroutine()) == 3
async def gather(): return [item async for item in stream()]
assert asyncio.run(gather()) == [4, 5]
model = Model()
assert model.method() is model
assert plain.__name__ == "plain" and asyncio.iscoroutinefunction(coroutine)
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    names = [journal.one("open")["name"] for journal in read_journals()]
    assert names == ["plain", "named", "numbers", "coroutine", "stream", "method"]
    assert all(journal.one("close")["status"] == "finished" for journal in read_journals())


@pytest.mark.parametrize(
    ("ending", "returncode", "status", "exit_status"),
    [
        ("raise ValueError('x')", 1, "failed", None),
        ("raise KeyboardInterrupt", -2, "interrupted", None),
        ("sys.exit(3)", 3, "failed", 3),
        ("sys.exit()", 0, "finished", 0),
    ],
)
def test_however_a_block_ends_the_run_is_closed(python, read_journals, ending, returncode, status, exit_status) -> None:
    code = f"import os, sys, time\nfrom joulebook import track\nwith track('x'):\n    time.sleep(0.2)\n    {ending}"
    assert python(code).returncode == returncode
    closing = read_journals()[0].one("close")
    assert (closing["status"], closing["exit_status"]) == (status, exit_status)


def test_a_forgotten_run_is_closed_at_exit(python, read_journals) -> None:
    done = python("from joulebook import track\nrun = track('x').start()\nrun.count(samples=2)")
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert journal.one("close")["status"] == "finished"
    assert journal.one("n")["samples"] == 2


def test_a_run_stopped_by_hand_is_around_nothing_any_more(python, read_journals) -> None:
    done = python(
        """
import os
import subprocess
import sys
from joulebook import track
first = track("first").start()
second = track("second").start()
first.stop()
with track("inside second"):
    pass
second.stop()
assert "JOULEBOOK_PARENT_RUN" not in os.environ
with track("after"):
    pass
"""
    )
    assert done.returncode == 0, done.stderr
    opened = {journal.one("open")["name"]: journal.one("open") for journal in read_journals()}
    parents = {name: record["parent"] for name, record in opened.items()}
    runs = {name: record["run"] for name, record in opened.items()}
    assert parents == {"first": None, "second": runs["first"], "inside second": runs["second"], "after": None}


def test_slips_in_what_is_said_of_a_run_never_end_the_job(python, read_journals) -> None:
    code = """
import asyncio
from joulebook import track
async def main():
    async with track("x") as run:
        async with run.phase("answers"):
            async with run.request() as request: request.tokens_out = 3
        run.quality("f1", 0.5, foo=1)
    run.count(samples=1)
asyncio.run(main())
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "foo is not known" in done.stderr
    assert "after the end of the run" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    (journal,) = read_journals()
    assert [phase["name"] for phase in journal.of("pb")] == ["answers"]
    assert journal.one("quality")["value"] == 0.5
    assert journal.one("q")["tokens_out"] == 3


def test_misuse_is_told_in_one_line_and_raises_nothing(python, read_journals) -> None:
    code = """
from joulebook import track
words = dict(stage="boil", location="Atlantis", parameters=-1, pue="high", tags=3, nonsense=1)
with track("x", kind="cooking", **words) as run:
    phase = run.phase("a")
    phase.close()
    phase.close()
    run.quality("accuracy", "good")
    run.count(samples="many")
print("went on")
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (0, "went on\n")
    lines = done.stderr.splitlines()
    assert all(line.startswith("joulebook: ") for line in lines)
    for word in (
        "cooking",
        "boil",
        "Atlantis",
        "parameters",
        "pue",
        "tags",
        "nonsense",
        "closed twice",
        "quality",
        "a count was",
    ):
        assert sum(word in line for line in lines) == 1, word
    assert read_journals()[0].one("close")["status"] == "finished"


def test_tracks_inside_a_track_are_its_children_in_this_process_and_under_it(python, read_journals) -> None:
    code = """
import subprocess, sys, os
from joulebook import track
with track("sweep") as run:
    for trial in range(2):
        with track("trial"): pass
    subprocess.run([sys.executable, "-c", "from joulebook import track\\nwith track('script'): pass"])
    assert os.environ["JOULEBOOK_PARENT_RUN"] == run.id
assert "JOULEBOOK_PARENT_RUN" not in os.environ
with track("after"): pass
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    opened = {journal.one("open")["run"]: journal.one("open") for journal in read_journals()}
    by_name = [(record["name"], record["parent"]) for record in opened.values()]
    sweep = next(run for run, record in opened.items() if record["name"] == "sweep")
    assert by_name == [("sweep", None), ("trial", sweep), ("trial", sweep), ("script", sweep), ("after", None)]
    assert len(read_journals()[0].of("child")) == 2


def test_phases_nest_and_overlap_also_across_tasks_and_threads(python, read_journals) -> None:
    code = """
import asyncio, threading
from joulebook import track
with track("x") as run:
    with run.phase("outer"):
        with run.phase("inner"): pass
        async def task(name):
            with run.phase(name): await asyncio.sleep(0.05)
        async def both(): await asyncio.gather(task("left"), task("right"))
        asyncio.run(both())
    first, second = run.phase("first"), run.phase("second")
    first.close(); second.close()
    thread = threading.Thread(target=lambda: run.phase("thread").close()); thread.start(); thread.join()
    try:
        with run.phase("broken"): raise ValueError
    except ValueError: pass
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    begun = {record["id"]: record for record in journal.of("pb")}
    parents = {p["name"]: begun[p["parent"]]["name"] if p["parent"] else None for p in begun.values()}
    assert parents == {
        "outer": None,
        "inner": "outer",
        "left": "outer",
        "right": "outer",
        "first": None,
        "second": "first",
        "thread": None,
        "broken": None,
    }
    assert [begun[end["id"]]["name"] for end in journal.of("pe") if end["failed"]] == ["broken"]
    assert len(journal.of("pe")) == len(begun)


def test_ranks_join_one_run_and_a_given_id_is_joined_exactly(python, read_journals) -> None:
    code = "from joulebook import track\nwith track('x') as run: print(run.id)"
    launch = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    ranks = [python(code, {**launch, "RANK": str(rank), "LOCAL_RANK": str(rank)}).stdout for rank in range(2)]
    assert ranks[0] == ranks[1]
    given = [python(code, {"JOULEBOOK_RUN_ID": "my run/1"}).stdout for _ in range(2)]
    assert given == ["my-run-1\n"] * 2
    journals = read_journals()
    assert [journal.one("open")["rank"] for journal in journals[:2]] == [
        {"rank": rank, "local_rank": rank, "world": 2, "launcher": "torch"} for rank in range(2)
    ]
    assert len({journal.path for journal in journals}) == 4


def test_disabled_meters_do_nothing(python, journals) -> None:
    code = """
import threading
from joulebook import track
with track("x", kind="cooking") as run:
    with run.phase("a"): run.count(samples=1)
    run.quality("q", "no")
    with run.request(): pass
    assert threading.active_count() == 1
print(run.summary() is not None)
"""
    done = python(code, {"JOULEBOOK_DISABLED": "1"})
    assert done.returncode == 0, done.stderr
    assert not journals.exists()


def test_a_forked_child_leaves_the_run_alone(python, read_journals) -> None:
    code = """
import os
import subprocess
import sys
from joulebook import track
with track("x") as run:
    if os.fork() == 0:
        run.count(samples=100)
        run.stop()
        os._exit(0)
    os.wait()
    run.count(samples=1)
    try: os.wait()
    except ChildProcessError: print("no other child")
"""
    done = python(code)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "no other child\n")
    (journal,) = read_journals()
    assert journal.one("n")["samples"] == 1
    assert journal.one("close")["status"] == "finished"


def test_the_jobs_streams_handlers_and_files_are_what_they_were(python) -> None:
    code = """
import os, signal, sys, threading
from joulebook import track
def state():
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)]
    return handlers, os.getcwd(), dict(os.environ), sorted(os.listdir("/proc/self/fd")), sys.stdout, sys.excepthook
before = state()
with track("x") as run: run.count(samples=1)
assert state() == before, (before, state())
print("same")
"""
    done = python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "same\n", "")


def test_no_socket_is_ever_opened(python, simulator, tmp_path, read_journals) -> None:
    """In the job and in the helper: a module that the interpreter loads at its start forbids sockets to both."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "def forbid(event, arguments):\n"
        "    if event.startswith('socket.') and event != 'socket.gethostname':\n"
        f"        open({str(tmp_path / 'opened')!r}, 'a').write(event)\n"
        "        raise RuntimeError(event)\n"
        "sys.addaudithook(forbid)\n"
    )
    code = """
import time
from collections import Counter
from joulebook import track
with track("x", location="DE", progress=True) as run:
    with run.phase("a"): time.sleep(0.3)
print(run.summary())
"""
    done = python(code, {**simulator(Gpu()).environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "opened").exists()
    assert read_journals()[0].of("r")


@pytest.mark.parametrize("trouble", ["read-only", "a file", "full"])
def test_a_folder_that_cannot_be_written_costs_the_record_and_nothing_else(python, tmp_path, trouble) -> None:
    folder = tmp_path / "refused"
    if trouble == "full":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full here")
        code = """
import os
import subprocess
import sys
from joulebook.meters import journal
real = journal._open_locked
journal._open_locked = lambda path, writer, **wait: os.open("/dev/full", os.O_WRONLY)
"""
    else:
        folder.write_text("") if trouble == "a file" else folder.mkdir(mode=0o500)
        code = ""
        if trouble == "read-only" and os.geteuid() == 0:
            folder = "/proc/joulebook"  # root may write everywhere but here
    code += """
from joulebook import track
with track("x") as run:
    with run.phase("a"): run.count(samples=1)
print("done", run.summary() is not None)
"""
    done = python(code, {"JOULEBOOK_JOURNALS": str(folder)})
    assert (done.returncode, done.stdout) == (0, "done True\n")
    assert len(done.stderr.splitlines()) <= 1


def test_a_folder_removed_while_a_run_goes_on_does_no_harm(python, journals) -> None:
    code = f"""
import shutil, time
from joulebook import track
with track("x") as run:
    shutil.rmtree({str(journals)!r})
    time.sleep(0.3)
with track("y") as run: pass
print("done", run.summary() is not None)
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (0, "done True\n")


def test_where_no_process_may_be_started_a_thread_meters_and_says_so(python, simulator, read_journals) -> None:
    code = """
import subprocess
def refused(*a, **k): raise PermissionError("no")
subprocess.Popen = refused
import time
from collections import Counter
from joulebook import track
with track("x") as run: time.sleep(1)
"""
    sim = simulator(Gpu(high_w=300))
    done = python(code, sim.environ)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert journal.one("open")["mode"] == "thread"
    windows, start_b, end_b = device_windows(journal)
    assert windows[sim.gpus[0].uuid].energy_j == pytest.approx(300 * (end_b - start_b), rel=0.03)


def test_steps_of_a_loader_are_counted_also_when_a_loop_breaks_off(python, read_journals) -> None:
    code = """
from joulebook import track
with track("x") as run:
    assert list(run.steps([1, 2, 3])) == [1, 2, 3]
    assert run.fraction_done() == 1
    for item in run.steps(range(10)):
        if item == 4: break
    assert run.fraction_done() == 7 / 13
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")
    (journal,) = read_journals()
    assert counted(journal) == {"total_steps": 13, "steps": 3 + 4}
    assert [end["failed"] for end in journal.of("pe")] == [False, False]


def test_a_loader_that_can_not_tell_its_length_is_gone_through_and_the_user_may_say_it(python, read_journals) -> None:
    """A PyTorch DataLoader over a stream has a length that raises."""
    code = """
from joulebook import track
class Stream:
    def __iter__(self): return iter(range(3))
    def __len__(self): raise TypeError("a stream has no length")
with track("x") as run:
    assert list(run.steps(Stream())) == [0, 1, 2]
    assert run.fraction_done() is None
    run.expect(samples=8)
    run.count(samples=2)
    assert run.fraction_done() == 0.25
    run.expect(samples="many")
    run.count(samples=20)
    assert run.fraction_done() is None
"""
    done = python(code)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    (journal,) = read_journals()
    assert counted(journal) == {"steps": 3, "total_samples": 8, "samples": 22}


def counted(journal) -> dict[str, float]:
    total: Counter[str] = Counter()
    for record in journal.of("n"):
        total.update({key: n for key, n in record.items() if key not in ("k", "w", "b")})
    return dict(total)


def test_secrets_on_the_command_line_are_not_recorded(journals, read_journals) -> None:
    import subprocess
    import sys

    code = "from joulebook import track\nwith track('x'): pass"
    secret = "hf_abcdefghijklmnopqrstuvwx"
    arguments = ["--api-key", "s3cr3t-value", f"--token={secret}", secret, "https://me:pw123@host/x", "PASSWORD=pw456"]
    subprocess.run([sys.executable, "-c", code, "--epochs", "3", *arguments], check=True, env=dict(os.environ))
    text = json.dumps(read_journals()[0].one("open"))
    for part in ("s3cr3t", secret, "pw123", "pw456"):
        assert part not in text
    assert "--epochs" in text


def test_async_tasks_meter_side_by_side() -> None:
    """Used in one process, concurrently, without a GPU: the context of each task is its own."""
    from joulebook import track

    os.environ["JOULEBOOK_DISABLED"] = "1"
    try:

        async def one(name: str) -> str:
            async with track(name) as run:
                await asyncio.sleep(0)
                return run.description.name

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(one(str(i)) for i in range(5)))

        assert asyncio.run(all_of_them()) == ["0", "1", "2", "3", "4"]
    finally:
        del os.environ["JOULEBOOK_DISABLED"]
