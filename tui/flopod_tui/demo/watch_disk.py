"""Watch a disk: sample it again and again, and raise an alarm when it fills up."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

from flopod import STOP, List, Runtime, workflow
from flopod_tui.demo import home


@dataclass(frozen=True)
class WatchDisk:
    """What to watch, and how closely."""

    path: str = "/"
    every: str = "10s"
    samples: int = 360
    full_above: float = 90.0
    """Percent of the disk in use from which on it is an alarm."""


@dataclass(frozen=True)
class Sample:
    """The machine at a moment."""

    used: float
    """Percent of the disk."""
    free_gb: float
    load: float


@workflow(name="watch-disk")
async def watch_disk(wf: Runtime, input: WatchDisk = WatchDisk()) -> dict[str, object]:
    """Sample the machine's load and disk, and raise an alarm while the disk is too full."""
    highest = await wf.var("highest", 0.0)
    alarms: List[str] = await wf.list("alarms")

    async def sample(iteration: int) -> object:
        seen = await wf.activity("measure", lambda: measure(input.path), type=Sample)
        await highest.update(lambda before: max(before, seen.used))

        async def alarm() -> None:
            line = await wf.activity("raise-alarm", lambda: raise_alarm(input.path, seen))
            await alarms.push(line)
            wf.log(line, "warning")

        level = "full" if seen.used > input.full_above else "fine"
        await wf.branch("check", level, {"full": alarm, "fine": lambda: None})
        if iteration + 1 >= input.samples:
            return STOP
        await wf.sleep("pause", input.every)
        return None

    samples = await wf.repeat("sample", sample)
    return {"samples": samples, "highest": highest.value, "alarms": len(alarms.items)}


def measure(path: str) -> Sample:
    """Look at the disk that holds `path`, and at the machine's load."""
    disk = shutil.disk_usage(path)
    used = 100 * disk.used / (disk.used + disk.free)
    return Sample(round(used, 1), round(disk.free / 1e9, 1), round(os.getloadavg()[0], 2))


def raise_alarm(path: str, seen: Sample) -> str:
    """Write a line to `alarms.log` in the data directory, for people and for other programs."""
    line = f"{path} is {seen.used}% full, {seen.free_gb} GB left, load {seen.load}"
    with (home() / "alarms.log").open("a") as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}\n")
    return line
