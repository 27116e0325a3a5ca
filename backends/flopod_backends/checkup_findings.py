"""What a check-up of a store finds: plain data, the same for every kind of store.

A finding says where, what, and what is taken instead. What a repair would do to it, and what it
would leave out, stands there before anything is touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from flopod.records import RecordError, parse


class Level(StrEnum):
    """How bad it is."""

    NOTE = "note"
    """What happens in daily work: the store sees to it by itself."""
    WARNING = "warning"
    """Nothing is lost, but it wants a hand."""
    DAMAGE = "damage"
    """Something that was stored cannot be read, or contradicts itself."""


class Kind(StrEnum):
    """What it is; a name never changes its meaning."""

    # in a log, or in the events of a run
    TORN_TAIL = "torn-tail"
    DAMAGED_LOG = "damaged-log"
    SHORT_LOG = "short-log"
    EMPTY_LOG = "empty-log"
    SUSPECT_LOG = "suspect-log"
    # in a summary
    NO_SUMMARY = "no-summary"
    STALE_SUMMARY = "stale-summary"
    BAD_SUMMARY = "bad-summary"
    ORPHAN_SUMMARY = "orphan-summary"
    # around them
    NOTHING = "nothing"
    UNREADABLE = "unreadable"
    IGNORED = "ignored"
    SAME_BUT_CASE = "same-but-case"
    LEFT_OVER = "left-over"
    BAD_RECORD = "bad-record"
    DEAD_WORKER = "dead-worker"
    DEAD_LEASE = "dead-lease"
    LOCKED = "locked"
    LAX_MODE = "lax-mode"
    OTHER_OWNER = "other-owner"
    NETWORK = "network"
    # in a database
    FOREIGN = "foreign"
    BAD_PAGE = "bad-page"
    BAD_INDEX = "bad-index"
    BAD_SCHEMA = "bad-schema"


@dataclass(frozen=True, slots=True)
class Lost:
    """A piece of a log that a repair leaves out; the original is kept."""

    line: int | None = None
    byte: int | None = None
    size: int = 0
    """In bytes."""
    seq: int | None = None
    """Of the event, where it can still be read; the same goes for what follows."""
    type: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about one place of a store."""

    level: Level
    kind: Kind
    file: str
    what: str
    taken: str = ""
    """What is taken instead, or what to do next."""
    line: int | None = None
    """Of a log, from 1 on; also the number of the event that should stand there."""
    byte: int | None = None
    """Where it begins in the file, from 0 on."""
    run: str = ""
    mend: str = ""
    """What a repair does about it; empty where it can do nothing."""
    lost: tuple[Lost, ...] = ()
    """What it leaves out."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a repair did about a finding."""

    finding: Finding
    done: bool
    what: str
    """What was done, or why it was not."""
    kept: str = ""
    """Where the original is."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one store."""

    store: str
    """Its URL."""
    runs: int = 0
    """How many were looked at."""
    findings: tuple[Finding, ...] = ()


def counts(reports: Iterable[Report]) -> dict[Level, int]:
    """Return how much was found of each level."""
    found = Counter(finding.level for report in reports for finding in report.findings)
    return {level: found[level] for level in Level}


def lost(line: int | None, byte: int | None, text: bytes) -> Lost:
    """Return what a repair leaves out with this text, the event in it if there is one."""
    try:
        event = parse(text)
    except RecordError:
        return Lost(line, byte, len(text))
    return Lost(line, byte, len(text), event.seq, event.type, event.path)
