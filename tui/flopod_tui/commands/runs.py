"""Commands that look: one run, its events, the open waits."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from functools import reduce

from flopod.control import Control
from flopod.errors import CorruptLogError, EventNotFoundError
from flopod.events import Event, RunCancelled, RunCompleted, RunFailed, RunNeedsAttention
from flopod.records import plain
from flopod.stored import utc_now
from flopod.summary import STOPPED, RunSummary, Status, fold
from flopod_tui.arguments import Args, Commands, add_json, add_run, count, seq
from flopod_tui.commands.store import opened
from flopod_tui.exits import FAILED, OK, UNREADABLE
from flopod_tui.output.plain import plain_summary, plain_wait
from flopod_tui.output.printing import flush, put, put_json, put_json_line, put_table, say

LAST = (RunCompleted, RunFailed, RunCancelled, RunNeedsAttention)
UNFINISHED = frozenset(Status) - STOPPED
ENDED_BADLY = STOPPED - {Status.OK}
WAIT_HEADS = ("RUN", "PATH", "EVENT", "DEADLINE", "PAYLOAD")


def add(commands: Commands) -> None:
    """Add these commands."""
    shown = commands.add(
        "show",
        show,
        "Show a run: its summary, its path tree, its state, its open waits.",
        examples="flopod show RUN\nflopod show RUN --at 120\nflopod show RUN --json | jq .state",
    )
    add_run(shown)
    shown.add_argument("--at", metavar="SEQ", type=count, help="as it was after this event")
    add_json(shown)
    _add_tail(commands)
    waiting = commands.add(
        "waits",
        waits,
        "List the open waits of all runs.",
        examples="flopod waits\nflopod waits --json | jq -r '.[].run_id'",
    )
    add_json(waiting)


def _add_tail(commands: Commands) -> None:
    made = commands.add(
        "tail",
        tail,
        "Print the events of a run, and those that come, until the run is at its end.",
        examples="""flopod tail RUN
        flopod tail RUN --after 120 --no-follow
        flopod tail RUN --jsonl | jq -r .type
        flopod tail RUN --exit-status > events.txt && echo done""",
    )
    add_run(made)
    made.add_argument("--after", metavar="SEQ", type=seq, default=0, help="only later events")
    made.add_argument("--no-follow", action="store_true", help="stop after what is there")
    made.add_argument(
        "--exit-status", action="store_true", help="exit with 1 if the run did not end well"
    )
    made.add_argument(
        "--json", "--jsonl", action="store_true", help="print JSON, a line for each event"
    )


async def show(args: Args) -> int:
    """Print one run, as it is or as it was."""
    # All that draws a log is loaded where it is used: the app, which begins here too, waits for it.
    from flopod.state import fold_state, plain_state
    from flopod.tree import fold_tree, plain_tree
    from flopod_tui.output.lines import show_lines

    async with opened(args.backend) as control:
        run = await control.get(args.run)
        events, damage = await _readable(control, args.run)
    if args.at is not None:
        if args.at > run.last_seq:
            raise EventNotFoundError(args.run, args.at, run.last_seq)
        events = [event for event in events if event.seq <= args.at]
        run = reduce(fold, events, RunSummary(run_id=run.run_id))
    tree, state = fold_tree(events), fold_state(events)
    if args.json:
        put_json(
            {"summary": plain_summary(run), "tree": plain_tree(tree), "state": plain_state(state)}
        )
    else:
        for line in show_lines(run, tree, state, utc_now()):
            put(line)
    return _told(damage)


async def tail(args: Args) -> int:
    """Print events as they come."""
    put_events = _put_json_events if args.json else _put_event_lines
    async with opened(args.backend) as control:
        run = await control.get(args.run)
        if args.no_follow or run.status in STOPPED:
            events, damage = await _readable(control, args.run, args.after)
            put_events(events)
            return _told(damage) or _code(args, run.status)
        async with aclosing(control.tail(args.run, args.after)) as batches:
            async for batch in batches:
                put_events(batch)
                if batch and isinstance(batch[-1].fact, LAST):
                    break
        return _code(args, (await control.get(args.run)).status)


def _code(args: Args, status: Status) -> int:
    """Return the exit code for how the run stands."""
    return FAILED if args.exit_status and status in ENDED_BADLY else OK


async def waits(args: Args) -> int:
    """Print what is waited for."""
    from flopod_tui.output.lines import wait_row

    async with opened(args.backend) as control:
        waiting = await control.list_runs(UNFINISHED, limit=None)
        open_waits = [(run, wait) for run in waiting for wait in run.open_waits]
        if args.json:
            put_json(
                [
                    {"run_id": run.run_id, "workflow": run.workflow, **plain_wait(wait)}
                    for run, wait in open_waits
                ]
            )
        elif open_waits:
            now = utc_now()
            put_table(WAIT_HEADS, (wait_row(run, wait, now) for run, wait in open_waits))
        else:
            say(f"nothing waits in {control.backend.url}")
    return OK


async def _readable(
    control: Control, run_id: str, after: int = 0
) -> tuple[list[Event], CorruptLogError | None]:
    """Return the events, and why they end too early, if they do."""
    try:
        return await control.events(run_id, after), None
    except CorruptLogError as error:
        events = [event for event in error.events if isinstance(event, Event)]
        return [event for event in events if event.seq > after], error


def _told(damage: CorruptLogError | None) -> int:
    """Say that what was printed is not all, if so; return the exit code."""
    if damage is None:
        return OK
    say(f"{damage}; shown is what stands before it")
    return UNREADABLE


def _put_json_events(events: Iterable[Event]) -> None:
    for event in events:
        put_json_line(plain(event))


def _put_event_lines(events: Iterable[Event]) -> None:
    from flopod_tui.output.lines import event_line

    for event in events:
        put(event_line(event))
    flush()
