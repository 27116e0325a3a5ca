"""The file store on a simulated disk: crashes anywhere, errors at every call, changed bytes."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import pytest

from faults import crash_chains, crash_states, file_damage, file_errors
from faults.crash_chains import ROOT, RUNS, Chain, Program
from faults.disk import Disk
from faults.trial import Trial, check
from flopod.summary import RunSummary, fold
from flopod_backends.fs import Key
from flopod_backends.log_file import scan

CHAINS = 10_000
RANDOM_ERRORS = 500
DAMAGED = 2_000
SIDECARS = 600


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Say nothing of what is saved and copied: it is, thousands of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def _all(trial: Callable[[int], Trial], count: int) -> Trial:
    found = reduce(Trial.__add__, map(trial, range(count)))
    check(found)
    return found


def test_what_was_acknowledged_survives_chains_of_crashes() -> None:
    assert _all(crash_chains.trial, CHAINS).acknowledged > 3 * CHAINS


def test_every_state_that_a_power_cut_can_leave_is_recovered_from() -> None:
    found = crash_states.explore(crash_states.workloads())
    check(found)
    assert found.trials > 5_000


@pytest.mark.parametrize("error", file_errors.ERRORS)
@pytest.mark.parametrize("shortens", [False, True], ids=["", "writes are short"])
def test_an_error_at_any_call_loses_nothing_and_says_what_to_do(error: int, shortens: bool) -> None:
    found = file_errors.every_call(error, shortens)
    check(found)
    assert found.trials > 100


def test_errors_at_several_calls_lose_nothing() -> None:
    _all(file_errors.trial, RANDOM_ERRORS)


def test_changed_bytes_are_found_out_or_a_torn_tail_and_never_wrong_data() -> None:
    _all(file_damage.trial, DAMAGED)


class NoLogs(Disk):
    """Counts how often a log is read."""

    reads = 0

    def read(self, path: Path, offset: int = 0) -> tuple[Key, bytes] | None:
        self.reads += path.suffix == ".jsonl"
        return super().read(path, offset)


class Beside(NamedTuple):
    """A log at some time, and the summary that was beside it then."""

    log: bytes
    sidecar: bytes
    time: int


def _told(seed: str, run_id: str) -> list[Beside]:
    """Return a log as it grew."""
    dice = random.Random(seed)
    disk = Disk(ROOT.parent)
    program = Program(disk)
    program.open()
    chain = Chain(disk, dice, seed)
    found = []
    for _ in range(6):
        chain.append(program, run_id, dice.choice((1, 3)))
        program.log(run_id).write_sidecar()
        log, beside = program.folder.log(run_id), program.folder.sidecar(run_id)
        key = disk.key(log)
        assert key
        found.append(Beside(disk.file(log) or b"", disk.file(beside) or b"", key.mtime))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_whatever_lies_beside_a_log_its_summary_is_the_fold_of_the_log(seed: int) -> None:
    dice = random.Random(seed)
    ours, before = _told(f"{seed}", RUNS[0]), _told(f"{seed} before", RUNS[0])
    other = _told(f"{seed}", RUNS[1])
    disk = Disk(ROOT.parent)
    program = Program(disk)
    program.open()
    for _ in range(SIDECARS // 10):
        now = dice.choice(ours)
        fresh = now.sidecar
        flipped = bytearray(fresh)
        flipped[dice.randrange(len(fresh))] ^= 1 << dice.randrange(8)
        broken = b"", b"{}", b"\0" * len(fresh), fresh[: dice.randrange(len(fresh))], bytes(flipped)
        whole = (dice.choice(told).sidecar for told in (ours, before, other))
        found = dice.choice((*broken, *whole, bytes(flipped), fresh + b"}"))
        disk.put(program.folder.log(RUNS[0]), now.log, now.time)
        disk.put(program.folder.sidecar(RUNS[0]), found)
        disk.put(ROOT / "tmp" / "1-left-over", fresh)
        folded = reduce(fold, scan(now.log).events, RunSummary(run_id=RUNS[0]))
        assert Program(disk).catalogue.summary(RUNS[0]) == folded, f"seed {seed}: {found!r}"


def test_a_fresh_summary_costs_no_read_of_a_log() -> None:
    disk = NoLogs(ROOT.parent)
    program = Program(disk)
    program.open()
    chain = Chain(disk, random.Random(0), "")
    for run_id in RUNS:
        chain.append(program, run_id, 4)
        program.log(run_id).write_sidecar()
    disk.reads = 0
    assert len(Program(disk).catalogue.summaries()) == 2
    assert disk.reads == 0
