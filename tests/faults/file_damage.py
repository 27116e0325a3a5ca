"""Logs that were changed behind the store's back: found out, or a torn tail; never wrong data."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

from faults.crash_chains import ROOT, RUNS, Chain, Program
from faults.disk import Disk
from faults.inode import BLOCK
from faults.trial import Trial
from flopod.errors import CorruptLogError, StaleAppendError
from flopod.summary import RunSummary, Status, fold
from flopod_backends.log_file import scan
from flopod_backends.recording import texts
from flopod_backends.run_log import Request

RUN = RUNS[0]


class Told(NamedTuple):
    """A log as it was written."""

    text: bytes
    ends: list[int]
    """Where its appends end."""

    def before(self, place: int) -> int:
        """Return the end of the last append before a place."""
        return max((end for end in self.ends if end <= place), default=0)


Change = Callable[[Told, random.Random], bytes]


def trial(seed: int) -> Trial:
    """Change one log in one way."""
    dice = random.Random(seed)
    told = _told(dice)
    name = dice.choice(list(CHANGES))
    changed = CHANGES[name](told, dice)
    _check(told, changed, f"seed {seed}: {name}", tears=name in TEARS)
    return Trial(1, told.text.count(b"\n"))


def _told(dice: random.Random, before: int = 0) -> Told:
    disk = Disk(ROOT.parent)
    program = Program(disk)
    program.open()
    chain = Chain(disk, dice, "")
    for _ in range(before):
        chain.append(program, RUNS[1], 1)
    ends = []
    for _ in range(dice.randrange(1, 6)):
        chain.append(program, RUN, dice.choice((1, 1, 3)))
        ends.append(program.log(RUN).state.mark.offset)
    return Told(chain.cases[RUN][0].promised, ends)


def _check(told: Told, changed: bytes, why: str, tears: bool) -> None:
    same = next((n for n, (a, b) in enumerate(zip(told.text, changed, strict=False)) if a != b), -1)
    first = min(len(told.text), len(changed)) if same < 0 else same
    found = scan(changed)
    original = scan(told.text).events
    assert found.events == original[: len(found.events)], f"{why}: wrong data"
    whole = told.before(first) == first == len(changed)
    if changed == told.text or whole:
        assert (found.torn, found.damage) == (0, None), f"{why}: {found.damage}"
    else:
        assert found.mark.offset <= told.before(first), f"{why}: read across the change"
        assert found.damage or (found.torn and tears), f"{why}: not found"
        assert found.damage or _is_crash(told, changed, first), f"{why}: no crash leaves that"
        assert found.damage or found.mark.offset == told.before(first), why
    _check_store(changed, bool(found.damage), why)


def _is_crash(told: Told, changed: bytes, first: int) -> bool:
    """Return whether zeros can be blocks of the last append that were never written."""
    zeros = changed.count(b"\0")
    if not zeros or changed.endswith(b"\0"):
        return True
    begin, end = changed.index(b"\0"), changed.rindex(b"\0") + 1
    # An append's end that is zeros as well is seen by nobody.
    own = all(begin < there <= end for there in told.ends[:-1] if there > first)
    aligned = begin % BLOCK == 0 or begin == told.before(begin)
    return own and aligned and end % BLOCK == 0 and end - begin == zeros


def _check_store(text: bytes, is_damaged: bool, why: str) -> None:
    """See that readers say so, and that a writer cuts nothing but a torn tail."""
    disk = Disk(ROOT.parent)
    program = Program(disk)
    program.open()
    path = program.folder.log(RUN)
    disk.put(path, text)
    events = scan(text).events
    summary = program.catalogue.summary(RUN)
    if is_damaged:
        assert summary and summary.status is Status.DAMAGED, why
    else:
        folded = reduce(fold, events, RunSummary(run_id=RUN)) if events else None
        assert summary == folded, why
    try:
        [answer] = program.log(RUN).append([Request(texts(events[:1]), None, -1, None)])
        assert isinstance(answer, StaleAppendError) and not is_damaged, why
    except CorruptLogError as error:
        assert is_damaged and list(error.events) == events, why
    left = disk.file(path) or b""
    trash = b"".join(disk.files(ROOT / "trash").values())
    assert left + trash == text if not is_damaged else left == text, f"{why}: bytes are gone"


def _flip(told: Told, dice: random.Random) -> bytes:
    text = bytearray(told.text)
    text[dice.randrange(len(text))] ^= 1 << dice.randrange(8)
    return bytes(text)


def _scribble(told: Told, dice: random.Random) -> bytes:
    text = bytearray(told.text)
    for _ in range(dice.randrange(2, 20)):
        text[dice.randrange(len(text))] = dice.randrange(1, 256)
    return bytes(text)


def _lines(change: Callable[[list[bytes], random.Random], object]) -> Change:
    def changed(told: Told, dice: random.Random) -> bytes:
        lines = told.text.splitlines(keepends=True)
        change(lines, dice)
        return b"".join(lines)

    return changed


def _swap(lines: list[bytes], dice: random.Random) -> None:
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _lose(lines: list[bytes], dice: random.Random) -> None:
    # The last append as a whole may be missing: nothing but its writer would know.
    del lines[dice.randrange(max(len(lines) - 1, 1))]


def _double(lines: list[bytes], dice: random.Random) -> None:
    lines.insert(dice.randrange(len(lines) + 1), dice.choice(lines))


def _blank(lines: list[bytes], dice: random.Random) -> None:
    lines.insert(dice.randrange(len(lines) + 1), dice.choice((b"\n", b" \n", b"\r\n", b"\t\n")))


def _zero(told: Told, dice: random.Random) -> bytes:
    begin = dice.randrange(len(told.text))
    if dice.random() < 0.5:
        begin -= begin % BLOCK
    end = min(begin + dice.choice((1, 7, BLOCK, 4096)), len(told.text))
    return told.text[:begin] + b"\0" * (end - begin) + told.text[end:]


def _splice(told: Told, dice: random.Random) -> bytes:
    lines = told.text.splitlines(keepends=True)
    # Of a run that began otherwise: a log as a whole in the place of another is not found out.
    other = _told(dice, before=1).text.splitlines(keepends=True)
    return b"".join(
        lines[: dice.randrange(1, len(lines) + 1)] + other[dice.randrange(len(other)) :]
    )


def _insert(told: Told, dice: random.Random) -> bytes:
    place = dice.randrange(len(told.text) + 1)
    return told.text[:place] + dice.randbytes(dice.randrange(1, 40)) + told.text[place:]


CHANGES: dict[str, Change] = {
    "a flipped bit": _flip,
    "flipped bytes": _scribble,
    "swapped lines": _lines(_swap),
    "a lost line": _lines(_lose),
    "a doubled line": _lines(_double),
    "a blank line": _lines(_blank),
    "a truncation": lambda told, dice: told.text[: dice.randrange(len(told.text))],
    "zeros": _zero,
    "lines of another run": _splice,
    "bytes inserted": _insert,
    "CRLF": lambda told, dice: told.text.replace(b"\n", b"\r\n"),
    "BOM": lambda told, dice: b"\xef\xbb\xbf" + told.text,
}
TEARS = {"a truncation", "zeros", "flipped bytes", "bytes inserted", "a lost line"}
"""What a crash may leave as well: at the end, in the last append, it is taken for a torn tail."""
