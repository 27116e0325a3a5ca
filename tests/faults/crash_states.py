"""All that a power cut can leave of all short workloads: every state is recovered from, exactly.

A workload is up to three operations of two programs on one run. The power is cut before each call
that its last operation makes of the system, and after it; the operations before it stand complete,
since their own crashes are those of a shorter workload.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

from faults.crash_chains import ROOT, RUNS, Case, Chain, Program
from faults.disk import Crash, Disk
from faults.trial import Trial

RUN = RUNS[0]
MOST = 3
_FINE = 300
"""A longer write ends here and there only."""

State = dict[Path, bytes]


class World:
    """Two programs that work on one disk."""

    def __init__(self, name: str) -> None:
        self.disk = Disk(ROOT.parent)
        self.chain = Chain(self.disk, random.Random(name), name)
        self.mine, self.other = self._program(), self._program()

    def do(self, operation: str) -> None:
        """Do one of `OPERATIONS`."""
        self.disk.program = self.other if operation.startswith("other") else self.mine
        OPERATIONS[operation](self)

    def die(self, calls: int) -> None:
        """Append, and be killed so many calls after the write began; another program begins."""
        look = self.disk.at_call

        def crash(call: str) -> None:
            if call == "write":
                self.disk.at_call = look
                self.disk.crash_after(calls)

        self.disk.at_call = crash
        try:
            self.chain.append(self.mine, RUN, 1)
        except Crash:
            self.disk.kill(self.mine)
            self.mine = self._program()

    def _program(self) -> Program:
        program = self.disk.program = Program(self.disk)
        program.open()
        return program


OPERATIONS: dict[str, Callable[[World], None]] = {
    "one": lambda world: world.chain.append(world.mine, RUN, 1),
    "four": lambda world: world.chain.append(world.mine, RUN, 4),
    "dies in a write": lambda world: world.die(0),
    "dies after a write": lambda world: world.die(1),
    "summary": lambda world: world.mine.log(RUN).write_sidecar(),
    "delete": lambda world: world.chain.delete(world.mine, RUN),
    "other appends": lambda world: world.chain.append(world.other, RUN, 1),
    "other asks": lambda world: world.chain.ask(world.other, RUN),
}

_ON_A_LOG = ("summary", "delete", "other asks")


def workloads(most: int = MOST) -> Iterator[tuple[str, ...]]:
    """Yield all workloads of up to so many operations."""
    for length in range(1, most + 1):
        for operations in product(OPERATIONS, repeat=length):
            # Without a log most do nothing: that is a shorter workload.
            if length == 1 or operations[0] not in _ON_A_LOG:
                yield operations


def trial(seed: int) -> Trial:
    """Recover from all states of one workload that is a little longer."""
    operations = random.Random(seed).choices(list(OPERATIONS), k=MOST + 1)
    return explore([tuple(operations)])


def explore(names: Iterable[tuple[str, ...]]) -> Trial:
    """Recover from all states of these workloads."""
    seen: set[object] = set()
    total = Trial(0)
    for operations in names:
        for state, cases in _crashes(operations):
            key = frozenset(state.items()), tuple((c.promised, frozenset(c.more)) for c in cases)
            if key not in seen:
                seen.add(key)
                _recover(state, cases, " ".join(operations))
                total += Trial(1, len(cases[0].promised))
    return total


def _crashes(operations: tuple[str, ...]) -> Iterator[tuple[State, list[Case]]]:
    """Yield each state that a crash in the last operation can leave, and what it may be then."""
    world = World(" ".join(operations))
    # A write of the shorter ones may end at any byte.
    torn = _anywhere if len(operations) < MOST else _here_and_there
    for operation in operations[:-1]:
        world.do(operation)
    found: list[tuple[State, list[Case]]] = []

    def look(call: str) -> None:
        cases = [case.copy() for case in world.chain.cases[RUN]]
        found.extend((state, cases) for state in world.disk.states(torn))

    world.disk.at_call = look
    world.do(operations[-1])
    look("the end")
    yield from found


def _recover(state: State, cases: list[Case], name: str) -> None:
    disk = _empty_store().copy()
    chain = Chain(disk, random.Random(0), name)
    program = Program(disk)
    for path, data in state.items():
        disk.put(path, data)
    chain.cases[RUN] = [case.copy() for case in cases]
    chain.was_cut = True
    chain.check()
    chain.append(program, RUN, 1)
    chain.was_cut = False
    chain.check()


@cache
def _empty_store() -> Disk:
    disk = Disk(ROOT.parent)
    Program(disk).open()
    return disk


@lru_cache(1024)
def _anywhere(data: bytes) -> Sequence[int]:
    return range(len(data) + 1) if len(data) <= _FINE else _here_and_there(data)


@lru_cache(1024)
def _here_and_there(data: bytes) -> Sequence[int]:
    ends = {0, len(data), *range(0, len(data), 97)}
    for place, byte in enumerate(data):
        if byte == 10:
            ends.update(range(max(0, place - 1), min(place + 3, len(data))))
    return sorted(ends)
