"""One meter from the job's side: opens the journal, starts the helper, reads the first counters, and stops it all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joulebook.meters.baseline import measure_baseline
from joulebook.meters.clock import boot_s, wall_s
from joulebook.meters.description import Description, open_record, warn_line
from joulebook.meters.helper import END_WAIT_S, Helper, start_helper
from joulebook.meters.journal import JournalWriter, is_closed, journal_path, new_id
from joulebook.meters.launchers import Rank
from joulebook.meters.patience import Patient
from joulebook.meters.settings import Settings, SettingsError, journals_dir, load_settings
from joulebook.meters.sources.machine import MachineReader
from joulebook.meters.start_reading import StartReading

_FILES_WAIT_S = 0.02  # beside the time that describing the run takes


class MeteredJob:
    """A started meter.

    Attributes:
        path: The journal.
        helper: The meter, or None where the journal could not be opened: then nothing is metered.
        opened_b: Boot time at which the run began.
    """

    def __init__(
        self,
        description: Description,
        *,
        run_id: str,
        parent: str | None,
        rank: Rank | None,
        mode: str | None = None,
        command: Sequence[str] | None = None,
        baseline_s: float | None = None,
    ) -> None:
        settings = _settings()
        journal_id = new_id()
        self.path: Path = journal_path(journals_dir(settings).absolute(), run_id, journal_id)
        self.helper: Helper | None = None
        self._pid = os.getpid()
        opened = Patient(lambda: JournalWriter(self.path), late=JournalWriter.forget)
        self.opened_b = boot_s()
        opening = open_record(
            description,
            settings,
            run_id=run_id,
            journal_id=journal_id,
            parent=parent,
            mode=mode or "helper",
            rank=rank,
            command=command,
        )
        journal = opened.result(_FILES_WAIT_S)
        if journal is not None and journal.fd is None:
            warn_line(f"{journal.trouble}; this run is not recorded (JOULEBOOK_JOURNALS names another folder)")
            return
        idle = measure_baseline(baseline_s) if baseline_s else None
        self._begin(journal, opening)
        if idle is not None:
            self.send("baseline", **idle)

    def _begin(self, journal: JournalWriter | None, opening: dict[str, Any]) -> None:
        """Read the counters while the helper comes up; the run begins when that is done.

        Where the file system was too slow to open the journal, the helper does that and writes the first record.
        """
        helper = start_helper(journal, self.path, os.getpid())
        start = StartReading(helper.channel.send)
        reader = MachineReader(os.getpid())
        start.wait_for_first()
        machine = reader.read()
        opening["mode"] = "thread" if helper.mode == "thread" else opening["mode"]
        self.opened_b = boot_s()
        begin = {"k": "begin", "w": wall_s(), "b": self.opened_b}
        if journal is None:
            begin["opening"] = opening
        else:
            journal.write("open", b=self.opened_b, **opening)
            journal.flush()
        helper.channel.send(begin)
        helper.channel.send({"k": "m", "w": wall_s(), "b": machine.b, **machine.to_record()})
        if journal is not None and helper.mode == "helper":
            journal.forget()  # the helper has the open file and its lock
        self.helper = helper

    def send(self, kind: str, /, **values: Any) -> None:
        """Hand one record, with the job's own time, to the meter."""
        if self.helper is not None and os.getpid() == self._pid:
            self.helper.channel.send({"k": kind, "w": wall_s(), "b": boot_s(), **values})

    def stop(self, status: str, exit_status: int | None, wait_s: float = END_WAIT_S, *, at_exit: bool = False) -> None:
        """End the run now; returns when the last reading is written, but no later than after `wait_s`.

        With `at_exit` the job ends now too, and the meter sees with which status.
        """
        if self.helper is None or os.getpid() != self._pid:
            return
        end_w, end_b = wall_s(), boot_s()
        ending = {"status": status, "exit_status": exit_status, "at_exit": at_exit}
        self.helper.channel.send({"k": "stop", "w": end_w, "b": end_b, **ending})
        died = not self.helper.wait(wait_s)
        self.helper = None
        if died and not is_closed(self.path):
            journal = JournalWriter(self.path)  # the helper died before us: close its journal in its stead
            journal.write("close", w=end_w, b=end_b, status=status, exit_status=exit_status)
            journal.close()


def journals_folder() -> Path:
    """Where this process's journals go."""
    return journals_dir(_settings()).absolute()


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        warn_line(str(error))
        environ = os.environ
        return Settings(journals=environ.get("JOULEBOOK_JOURNALS"), location=environ.get("JOULEBOOK_LOCATION"))
