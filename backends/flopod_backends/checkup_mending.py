"""What the repairs of every kind of store have in common."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from flopod import events as ev
from flopod.errors import ErrorInfo, FlopodError
from flopod.events import Event
from flopod.stored import whole_ms
from flopod.summary import STOPPED, RunSummary
from flopod_backends.checkup_findings import Finding, Kind, Mended
from flopod_backends.checkup_places import private


class CannotMendError(FlopodError):
    """Why something is left as it is."""


Done = tuple[str, str]
"""What was done, and where the original is; empty where there is nothing to keep."""
Menders = Mapping[Kind, Callable[[Finding], Done]]


def mended(findings: Iterable[Finding], menders: Menders) -> Iterator[Mended]:
    """Mend one finding after the other; what cannot be mended keeps nobody from the rest."""
    for finding in findings:
        try:
            what, kept = menders[finding.kind](finding)
        except FileNotFoundError:
            yield Mended(finding, True, "it is not there any more")
        except (FlopodError, OSError) as error:
            yield Mended(finding, False, str(error))
        else:
            yield Mended(finding, True, what, kept)


def set_mode(finding: Finding) -> Done:
    """Let in the owner only."""
    seen = os.lstat(finding.file).st_mode
    mode = private(seen)
    # The store tells by this bit that it does not trust the file.
    os.chmod(finding.file, mode | seen & stat.S_ISVTX)
    return f"its mode is {mode:04o}", ""


def kept_name(path: Path, now: datetime, data: bytes = b"") -> str:
    """Return under which name the original of a file is kept; it says so."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return f"{path.name}.damaged.{stamp}" + (f".{crc32(data):08x}" if data else "")


def stop_after(
    summary: RunSummary | None, left_out: int, known: int, now: datetime
) -> Event | None:
    """Return the event that stops a run which has lost records; None: it stands still, or is whole.

    To go on by itself, it would do again what it had recorded as done.

    Args:
        summary: what is left folds to.
        left_out: how many records a repair leaves out.
        known: the last event that anybody has seen.
    """
    lost = max(left_out, known - (summary.last_seq if summary else 0))
    if summary is None or not summary.last_seq or lost <= 0 or summary.status in STOPPED:
        return None
    told = (
        f"the log was damaged, and {lost} records behind event {summary.last_seq} are lost; "
        "a retry does again what they had recorded"
    )
    error = ErrorInfo("CorruptLogError", told)
    return Event(ev.RunNeedsAttention(error=error), at=whole_ms(now), seq=summary.last_seq + 1)


def told_copy(run_id: str, kept: int, stop: Event | None) -> str:
    """Return what was done to a log that was rebuilt."""
    if not kept:
        return f"nothing of it could be read, so run {run_id} is not there any more; start it again"
    told = f"events 1 to {kept} are kept"
    return f"{told}; `flopod retry {run_id}` lets the run go on" if stop else told
