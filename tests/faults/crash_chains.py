"""Chains of crashes over the file store, on a simulated disk: killed and cut off at any call.

A life opens the store, works on two runs through two handles, and dies anywhere: in the recovery
from the death before, or in the middle of an append, a summary, a deletion.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from typing import Any, TypeAlias

from faults.disk import Crash, Disk
from faults.kept_paths import KeptPath
from faults.trial import Trial
from flopod import events as ev
from flopod.errors import StaleAppendError
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import RunSummary, fold
from flopod_backends.catalogue import Catalogue
from flopod_backends.file_leases import Leases
from flopod_backends.folder import Folder
from flopod_backends.log_file import scan
from flopod_backends.recording import texts
from flopod_backends.run_log import Request, RunLog

RUNS = ("a", "b")
ROOT = KeptPath("/data/runs")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Tail: TypeAlias = tuple[str, int, bytes]
_OUTPUTS = [encoded("x" * size) for size in (1, 90, 700)]


def trial(seed: int) -> Trial:
    """Live through one chain of one to five crashes; what was acknowledged is there after each."""
    dice = random.Random(seed)
    chain = Chain(Disk(ROOT.parent), dice, f"seed {seed}")
    for _ in range(dice.randint(1, 5)):
        chain.live()
        chain.die()
        chain.check()
    return Trial(1, chain.acknowledged, 0)


class Program:
    """A program that uses the store until it dies."""

    def __init__(self, disk: Disk) -> None:
        self.folder = Folder(ROOT, disk)
        self.catalogue = Catalogue(self.folder)
        self.leases = Leases(self.folder, self.catalogue, lambda: NOON)
        self._logs: dict[str, RunLog] = {}

    def open(self) -> None:
        """Do what comes before the first append."""
        self.folder.prepare()
        self.folder.settle()

    def log(self, run_id: str) -> RunLog:
        """Return the log of a run, open for appending."""
        if run_id not in self._logs:
            self._logs[run_id] = RunLog(self.folder, run_id, self.leases.hold)
        return self._logs[run_id]

    def forget(self, run_id: str) -> None:
        """Close the log of a run."""
        if log := self._logs.pop(run_id, None):
            log.close()


@dataclass(slots=True)
class Case:
    """What a log may be."""

    promised: bytes = b""
    """The text that was acknowledged."""
    more: set[int] = field(default_factory=lambda: {0})
    """How many events may follow it: what was in flight is there as a whole or not."""

    def copy(self) -> Case:
        """Return one of its own."""
        return Case(self.promised, set(self.more))

    def fits(self, text: bytes, end: int) -> bool:
        """Return whether a log of this text, good up to `end`, is the promised one."""
        promised = text.startswith(self.promised) and end >= len(self.promised)
        return promised and text.count(b"\n", len(self.promised), end) in self.more


class Chain:
    """A disk, and what has been promised about it."""

    def __init__(self, disk: Disk, dice: random.Random, name: str) -> None:
        self.disk = disk
        self.acknowledged = 0
        self._dice = dice
        self._name = name
        self.cases: dict[str, list[Case]] = {run_id: [Case()] for run_id in RUNS}
        """What each log may be: one thing, but for a deletion that nobody was told is done."""
        self._tails: set[Tail] = set()
        """The unreadable bytes that have been seen, and where."""
        self._read_tails: set[Tail] = set()
        """Those that were on the disk, and not in memory only."""
        self.was_cut = False
        self._words = self._texts()

    def live(self) -> None:
        """Work until the crash, or a little longer than that."""
        self.disk.dice = random.Random(self._dice.random())
        programs = [Program(self.disk), Program(self.disk)]
        while programs:
            self.disk.crash_after(self._dice.randrange(60))
            try:
                self._work_on(programs)
                return
            except Crash:
                # Alone, or all of them together.
                if self._dice.random() < 0.5:
                    return
                self.disk.kill(self.disk.program)
                programs = [p for p in programs if p is not self.disk.program]

    def _work_on(self, programs: list[Program]) -> None:
        for program in programs:
            self.disk.program = program
            program.open()
        for _ in range(self._dice.randrange(1, 8)):
            program = self.disk.program = self._dice.choice(programs)
            self._work(program, self._dice.choice(RUNS))

    def die(self) -> None:
        """Kill the programs or cut the power."""
        if self._dice.random() < 0.3:
            self.disk.kill()
            self.was_cut = False
            return
        # An unfinished append that was in memory only may go with it.
        saved = self.disk.durable(ROOT / "trash")
        self._tails = {t for t in self._tails if t in self._read_tails or _is_in(saved, t)}
        self.disk.cut_power(self._dice)
        self.was_cut = True

    def check(self) -> None:
        """See that the promises are kept."""
        program = Program(self.disk)
        for run_id in RUNS:
            self._check(program, run_id)
        for tail in self._tails:
            assert self._is_kept(tail), f"{self._name}: bytes are gone: {tail}"

    def _work(self, program: Program, run_id: str) -> None:
        dice = self._dice.random()
        if dice < 0.6:
            self.append(program, run_id, self._dice.choice((1, 1, 2, 4)))
        elif dice < 0.7:
            self.ask(program, run_id)
        elif dice < 0.85:
            program.log(run_id).write_sidecar()
        elif dice < 0.92:
            program.forget(run_id)
        else:
            self.delete(program, run_id)

    def append(self, program: Program, run_id: str, count: int) -> None:
        """Append so many events."""
        events = [next(self._words) for _ in range(count)]
        for case in self.cases[run_id]:
            case.more |= {n + count for n in case.more}
        log = program.log(run_id)
        [recorded] = log.append([Request(texts(events), None, None, None)])
        assert isinstance(recorded, list), self._name
        self.acknowledged += count
        self._promise(program, run_id, log.state.mark.offset)

    def ask(self, program: Program, run_id: str) -> None:
        """Be refused because of what is recorded: that is an acknowledgement too."""
        log = program.log(run_id)
        [refusal] = log.append([Request(texts([next(self._words)]), None, -1, None)])
        assert isinstance(refusal, StaleAppendError), self._name
        if refusal.found:
            self._promise(program, run_id, log.state.mark.offset)

    def delete(self, program: Program, run_id: str) -> None:
        """Delete the run."""
        self.cases[run_id].append(Case())
        self._tails = {tail for tail in self._tails if tail[0] != run_id}
        program.leases.delete(run_id)
        self.cases[run_id] = [Case()]

    def _promise(self, program: Program, run_id: str, offset: int) -> None:
        text = self.disk.file(program.folder.log(run_id))
        assert text is not None and len(text) == offset, self._name
        self.cases[run_id] = [Case(text)]

    def _check(self, program: Program, run_id: str) -> None:
        why = f"{self._name}: run {run_id}"
        text = self.disk.file(program.folder.log(run_id)) or b""
        found = scan(text)
        assert not found.damage, f"{why}: {found.damage}"
        cases = [case for case in self.cases[run_id] if case.fits(text, found.mark.offset)]
        assert cases, f"{why}: lost, or come from nowhere: {text!r}"
        # A deletion that nobody was told of may be undone, and then all may be there again.
        for case in cases if text or self.was_cut else ():
            more = text.count(b"\n", len(case.promised), found.mark.offset)
            # What is read after a power cut stays; what is in memory only may go.
            case.more = {n for n in case.more if n == more or (n < more and not self.was_cut)}
        self._check_readers(program, run_id, found.events, why)
        if found.torn:
            tail = run_id, found.mark.offset, text[found.mark.offset :]
            self._tails.add(tail)
            if self.was_cut:
                self._read_tails.add(tail)

    def _check_readers(self, program: Program, run_id: str, events: list[Event], why: str) -> None:
        assert program.catalogue.events(run_id, 0) == events, f"{why}: another log is read"
        folded = reduce(fold, events, RunSummary(run_id=run_id)) if events else None
        assert program.catalogue.summary(run_id) == folded, f"{why}: another summary is read"

    def _is_kept(self, tail: Tail) -> bool:
        run_id, offset, data = tail
        text = self.disk.file(ROOT / "events" / f"{run_id}.jsonl") or b""
        return text[offset:] == data or _is_in(self.disk.files(ROOT / "trash"), tail)

    def _texts(self) -> Iterator[Event]:
        yield Event(ev.RunSubmitted(workflow="order"), "", NOON)
        for n in range(10_000):
            output: Any = self._dice.choice(_OUTPUTS)
            yield Event(ev.ActivityCompleted(output=output), f"step-{n}", NOON)


def _is_in(trash: Mapping[str, bytes], tail: Tail) -> bool:
    run_id, offset, data = tail
    begin = f"{run_id}.tail.{offset}."
    return any(name.startswith(begin) and kept == data for name, kept in trash.items())
