"""Commands that execute runs: one run to its end here, or a worker; and what there is to run."""

from __future__ import annotations

import asyncio
import secrets
import signal
from typing import Any

from flopod.control import Control
from flopod.errors import RunBusyError, RunExistsError
from flopod.paths import named_run_id, new_run_id
from flopod.records import json_part
from flopod.registry import Workflow, by_name, find, store_as
from flopod.stored import utc_now
from flopod.summary import RunSummary, Status
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, add_json, add_workflows
from flopod_tui.commands.change import add_input, input_of
from flopod_tui.commands.store import opened
from flopod_tui.exits import FAILED, OK
from flopod_tui.output.plain import plain_workflow
from flopod_tui.output.printing import put_json, put_table, say
from flopod_tui.output.progress import following
from flopod_tui.text.format import schema_line

HEADS = ("WORKFLOW", "INPUT", "FOUND IN", "WHAT IT DOES")


def add(commands: Commands) -> None:
    """Add these commands."""
    made = commands.add(
        "run",
        run,
        "Run a workflow to its end in this process and print its result as JSON.",
        examples="""flopod run inventory '{"directory": "/srv/data"}'
        flopod run order @input.json -w shop.orders --run-id order-4711
        flopod run order -w shop.orders --run-id order-4711   # goes on where it was""",
    )
    made.add_argument("workflow", metavar="WORKFLOW", help="`flopod workflows` lists them")
    add_input(made)
    made.add_argument("--run-id", metavar="ID", help="a new id, or that of a run to go on with")
    made.add_argument("--json", action="store_true", help="as it is anyway")
    add_workflows(made)
    listed = commands.add(
        "workflows",
        workflows,
        "List the workflows found, with their input.",
        examples="flopod workflows\nflopod workflows -w flows.py --json",
    )
    add_workflows(listed)
    add_json(listed)


async def run(args: Args) -> int:
    """Run a workflow to its end; interrupted, it goes on with the same run id."""
    input = input_of(args)
    made = find(args.workflow, by_name(discover.workflows(args.workflows)))
    run_id = named_run_id(args.run_id) or _new_id(made.name)
    async with opened(args.backend, [made]) as control:
        if input is not None or await control.backend.summary(run_id) is None:
            made.store_input(input)  # What it does not take is refused before a lease is taken.
        say(f"run {run_id}")
        return await _run(control, made, input, run_id)


async def _run(control: Control, made: Workflow[..., Any], input: object, run_id: str) -> int:
    from flopod.running import run_workflow  # Only this command executes anything.

    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        async with following(control, run_id):
            result = await run_workflow(made, input, backend=control.backend, run_id=run_id)
    except (RunBusyError, RunExistsError):
        raise
    except asyncio.CancelledError:
        say(f"run {run_id} is interrupted; the same command with --run-id {run_id} goes on")
        raise
    except Exception:
        ended = await control.backend.summary(run_id)
        if ended is None or (line := _failure(ended)) is None:
            raise
        say(f"{line}; `flopod retry {run_id}` lets it go on")
        return FAILED
    put_json(json_part(store_as(made.output_type, result, "result")))
    return OK


def _failure(run: RunSummary) -> str | None:
    """Return how the run ended badly; None if it has not."""
    where = f" at {run.error.path}" if run.error and run.error.path else ""
    match run.status:
        case Status.ERROR:
            return f"run {run.run_id} failed{where}: {run.error}"
        case Status.CANCELLED:
            return f"run {run.run_id} was cancelled"
        case Status.NEEDS_ATTENTION:
            return f"run {run.run_id} needs attention{where}: {run.error}"
        case _:
            return None


def _new_id(name: str) -> str:
    return new_run_id(name, utc_now(), secrets.randbits(64))


async def workflows(args: Args) -> int:
    """Print the workflows."""
    found = discover.find(args.workflows)
    if args.json:
        put_json([plain_workflow(each.workflow.info, each.source) for each in found])
    else:
        put_table(HEADS, (_row(each) for each in found))
    return OK


def _row(found: discover.Found) -> list[str]:
    info = found.workflow.info
    kind = schema_line(info.schema) if info.schema else "any" if info.takes_input else "none"
    return [info.name, kind, found.source, info.doc.partition("\n")[0]]
