"""The list of runs on stdout: a table for people, JSON, JSON lines or CSV for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flopod.control import Control
from flopod.stored import utc_now
from flopod.summary import RunSummary, Status
from flopod_tui.arguments import Args, Commands, Parser, count
from flopod_tui.commands.store import opened
from flopod_tui.exits import OK, WrongUseError
from flopod_tui.output.plain import plain_summary
from flopod_tui.output.printing import put, put_json, put_json_line, put_table, say
from flopod_tui.query import Query, QueryError, parse

HEADS = ("RUN", "WORKFLOW", "STATUS", "STEPS", "STARTED", "TOOK", "NOW")
MOST = 100


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "runs",
        runs,
        "List the runs, newest first.",
        examples="""flopod runs
        flopod runs 'status:failed wf:order took>30s -test'
        flopod runs --status error --limit 20
        flopod runs --search invoice --json | jq -r '.[].run_id'
        flopod runs 'age<1d' --limit 10000 --csv > runs.csv""",
    )
    made.add_argument(
        "query",
        metavar="QUERY",
        nargs="*",
        help="only runs that this filter takes, as typed in the app: words, status:, wf:, age<2h …",
    )
    made.add_argument(
        "--status",
        action="append",
        choices=[status.value for status in Status],
        metavar="STATUS",
        help=f"only runs that stand so; may be given several times: {', '.join(Status)}",
    )
    made.add_argument("--workflow", metavar="NAME", help="only runs of this workflow")
    made.add_argument("--search", metavar="TEXT", help="in ids, workflows, errors and open waits")
    made.add_argument("--limit", metavar="N", type=count, default=MOST, help=f"at most ({MOST})")
    _add_forms(made)


def _add_forms(made: Parser) -> None:
    forms = made.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON, for programs")
    forms.add_argument("--jsonl", action="store_true", help="print JSON, a line for each run")
    forms.add_argument(
        "--csv",
        action="store_true",
        help="print CSV (RFC 4180); a text that a table would calculate gets a ' before it",
    )


async def runs(args: Args) -> int:
    """Print the list."""
    query = understood(" ".join(args.query))
    async with opened(args.backend) as control:
        found = await _found(control, args, query)
    if args.json:
        put_json([plain_summary(run) for run in found])
    elif args.jsonl:
        for run in found:
            put_json_line(plain_summary(run))
    elif args.csv:
        from flopod_tui.output.csv_text import csv_row, summary_row

        for row in ([*summary_row(None)], *(summary_row(run) for run in found)):
            put(csv_row(row))
    else:
        put_runs(found, control.backend.url)
    return OK


async def print_once(url: str | None, query: str, saved: Mapping[str, str]) -> int:
    """Print what the app would list."""
    wanted = understood(query, saved)
    async with opened(url) as control:
        put_runs(await _taken(control, wanted, MOST), control.backend.url)
    return OK


def put_runs(found: Sequence[RunSummary], url: str) -> None:
    """Print runs as a table."""
    from flopod_tui.output.lines import run_row  # The app, which lists by itself, needs none.

    if found:
        now = utc_now()
        put_table(HEADS, (run_row(run, now) for run in found))
    else:
        say(f"no such runs in {url}")


def understood(text: str, saved: Mapping[str, str] = {}) -> Query:
    """Return the query that a text says.

    Raises:
        WrongUseError: it can't be understood.
    """
    try:
        return parse(text, saved)
    except QueryError as error:
        raise WrongUseError(f"filter {text!r}, character {error.position + 1}: {error}") from None


async def _found(control: Control, args: Args, query: Query) -> list[RunSummary]:
    if query.is_all:
        return await control.list_runs(
            args.status, workflow=args.workflow, search=args.search, limit=args.limit
        )
    return await _taken(control, query, args.limit, args.status, args.workflow, args.search)


async def _taken(
    control: Control,
    query: Query,
    limit: int,
    status: Sequence[str] | None = None,
    workflow: str | None = None,
    search: str | None = None,
) -> list[RunSummary]:
    """Return the newest runs that the query takes."""
    now = utc_now()
    # The store knows statuses and words; what else a query asks is looked for here.
    most = limit if query.is_all else None
    found = await control.list_runs(status, workflow=workflow, search=search, limit=most)
    return [run for run in found if query.takes(run, now)][:limit]
