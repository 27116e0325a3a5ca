"""`flopod prune`: deletes runs that ended long ago. Without `--yes` it only says which."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from flopod.control import Control
from flopod.records import iso
from flopod.summary import FINISHED, RunSummary
from flopod_tui.arguments import Args, Commands, add_json
from flopod_tui.commands.store import opened
from flopod_tui.exits import OK
from flopod_tui.output.printing import put, put_json, say
from flopod_tui.text.format import plural

OFTEN = 2.0
"""Seconds between two words about how far it is."""
EPILOG = """\
It takes runs that ended ok, cancelled or with an error. Those that have not ended, need attention,
are damaged or are held by a worker are never deleted; nor is one that is retried meanwhile.
Interrupted, it leaves whole runs; the same command goes on.

--json prints one object:
  deleted   whether they were deleted, or only looked for
  count     how many; oldest and newest: when the first and the last of them ended, null if none
  statuses  how many of each
  runs      their ids, those submitted last first"""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "prune",
        prune,
        "Delete runs that ended long ago; without --yes it only says which.",
        examples="""flopod prune --older-than 30d
        flopod prune --older-than 30d --keep-failed --yes
        flopod prune --older-than 7d --workflow watch-disk --status ok --yes""",
    )
    made.add_argument(
        "--older-than", metavar="TIME", required=True, help="how long ago they ended: 30d, 12h, 0s"
    )
    made.add_argument("--keep-failed", action="store_true", help="leave those that failed")
    made.add_argument("--workflow", metavar="NAME", help="only runs of this workflow")
    made.add_argument(
        "--status",
        action="append",
        choices=sorted(FINISHED),
        metavar="STATUS",
        help=f"only these; may be given several times: {', '.join(sorted(FINISHED))}",
    )
    doing = made.add_mutually_exclusive_group()
    doing.add_argument("--yes", action="store_true", help="delete them")
    doing.add_argument("--dry-run", action="store_true", help="only say which (the default)")
    add_json(made)
    made.epilog = f"{made.epilog}\n\n{EPILOG}"


@dataclass(slots=True)
class _Tally:
    """What was found so far; of each run no more than its id is kept, and that only for JSON."""

    ids: list[str] | None
    statuses: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def count(self) -> int:
        """How many runs there are."""
        return self.statuses.total()

    def take(self, runs: list[RunSummary]) -> None:
        """Count a page."""
        self.statuses.update(run.status.value for run in runs)
        ends = [run.ended_at for run in runs if run.ended_at]
        self.oldest = min((end for end in (self.oldest, *ends) if end), default=None)
        self.newest = max((end for end in (self.newest, *ends) if end), default=None)
        if self.ids is not None:
            self.ids += (run.run_id for run in runs)


async def prune(args: Args) -> int:
    """Delete runs, or say which would be."""
    tally = _Tally([] if args.json else None)
    async with opened(args.backend) as control:
        url = control.backend.url
        try:
            await _prune(control, args, tally)
        except BaseException:
            if args.yes and tally.count:
                say(f"stopped; {plural(tally.count, 'run')} or more deleted, the others are whole")
            raise
    if args.json:
        put_json(_plain(tally, args.yes))
    else:
        put(_told(tally, args.yes, url))
    return OK


async def _prune(control: Control, args: Args, tally: _Tally) -> None:
    pages = control.prune(
        args.older_than,
        keep_failed=args.keep_failed,
        workflow=args.workflow,
        status=args.status,
        dry_run=not args.yes,
    )
    said, done = monotonic(), "deleted" if args.yes else "found"
    async with aclosing(pages):
        async for page in pages:
            tally.take(page)
            if monotonic() > said + OFTEN:
                said = monotonic()
                say(f"{plural(tally.count, 'run')} {done} so far")


def _told(tally: _Tally, deleted: bool, url: str) -> str:
    if not tally.count or tally.oldest is None or tally.newest is None:
        return f"nothing to delete in {url}"
    kinds = ", ".join(f"{many:,} {status}" for status, many in sorted(tally.statuses.items()))
    ended = f"ended {iso(tally.oldest)} to {iso(tally.newest)}"
    what = f"{plural(tally.count, 'run')} ({kinds}), {ended}"
    if deleted:
        return f"deleted {what}, in {url}"
    return f"would delete {what}, in {url}; the same with --yes deletes them"


def _plain(tally: _Tally, deleted: bool) -> dict[str, Any]:
    return {
        "deleted": deleted,
        "count": tally.count,
        "oldest": iso(tally.oldest) if tally.oldest else None,
        "newest": iso(tally.newest) if tally.newest else None,
        "statuses": dict(sorted(tally.statuses.items())),
        "runs": tally.ids or [],
    }
