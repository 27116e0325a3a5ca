"""Commands that ask for something: start, deliver, retry, cancel, fork. Workers do it."""

from __future__ import annotations

import shlex

from flopod.errors import InvalidPayloadError, brief
from flopod_tui import discover
from flopod_tui.arguments import Args, Commands, Parser, add_json, add_run, add_workflows, count
from flopod_tui.commands.store import opened
from flopod_tui.exits import OK, WrongUseError
from flopod_tui.forms import json_input
from flopod_tui.output.printing import put, put_json, say
from flopod_tui.text.format import safe

JSON_HELP = "JSON, @FILE, or - for stdin"


def add(commands: Commands) -> None:
    """Add these commands."""
    started = commands.add(
        "start",
        start,
        "Queue a run for a worker and print its id.",
        examples="""flopod start watch-disk
        flopod start inventory '{"directory": "/srv/data"}' --run-id nightly
        flopod start inventory @input.json""",
    )
    started.add_argument("workflow", metavar="WORKFLOW", help="`flopod workflows` lists them")
    add_input(started)
    started.add_argument("--run-id", metavar="ID", help="the id of the run (else a new one)")
    add_workflows(started)
    add_json(started)
    _add_deliver(commands)
    for name, call, summary in (
        ("retry", retry, "Let a failed or cancelled run go on; what is completed is kept."),
        ("cancel", cancel, "Cancel a run."),
    ):
        made = commands.add(name, call, summary, examples=f"flopod {name} RUN")
        add_run(made)
        add_json(made)
    forked = commands.add(
        "fork",
        fork,
        "Make a new run with the history of a run up to an event, and print its id.",
        examples="flopod fork RUN --at 120\nflopod fork RUN --at 120 --run-id try-again",
    )
    add_run(forked)
    forked.add_argument("--at", metavar="SEQ", type=count, required=True, help="the last event")
    forked.add_argument("--run-id", metavar="ID", help="the id of the new run")
    add_json(forked)


def _add_deliver(commands: Commands) -> None:
    made = commands.add(
        "deliver",
        deliver,
        "Deliver an event to a wait of a run.",
        examples="""flopod deliver RUN approval approve '{"by": "alice"}'
        flopod deliver RUN approval approve @payload.json
        echo '{"by": "alice"}' | flopod deliver RUN approval approve -
        flopod deliver RUN approval approve '{"by": "alice"}' --id mail-4711""",
    )
    add_run(made)
    made.add_argument("path", metavar="PATH", help="the wait; `flopod waits` lists those open")
    made.add_argument("event", metavar="EVENT", help="the name of the event")
    made.add_argument("payload", metavar="JSON", nargs="?", help=JSON_HELP)
    made.add_argument("--id", metavar="ID", help="the same id twice is one delivery")
    add_json(made)


def add_input(parser: Parser) -> None:
    """Let a parser take the input of a workflow."""
    parser.add_argument("input", metavar="JSON", nargs="?", help=f"the input: {JSON_HELP}")
    parser.add_argument("--input-file", metavar="F", help="the input, from a JSON file")


def input_of(args: Args) -> object:
    """Return the input that was given, None if none was.

    Raises:
        InvalidPayloadError: it is not JSON, or it was given twice.
    """
    if args.input_file is None:
        return json_input.read(args.input, "input")
    if args.input is not None:
        raise InvalidPayloadError("input", "is given as JSON and as --input-file; give one")
    return json_input.read_file(args.input_file, "input")


async def start(args: Args) -> int:
    """Queue a run."""
    input = input_of(args)
    async with opened(args.backend, discover.workflows(args.workflows)) as control:
        if control.backend.url.startswith("memory:"):
            raise WrongUseError("in memory: the run would be gone with this command; name a store")
        run_id = await control.start(args.workflow, input, args.run_id)
        workers = await control.workers()
    put_json({"run_id": run_id}) if args.json else put(run_id)
    if not any(args.workflow == info.name for worker in workers for info in worker.workflows):
        say(f"no live worker knows {brief(args.workflow)}; start one: {_worker_command(args)}")
    return OK


def _worker_command(args: Args) -> str:
    """Return the command of a worker that would execute the run."""
    store = ("--backend", args.backend) if args.backend else ()
    named = (word for source in args.workflows for word in ("-w", source))
    return shlex.join(["flopod", "worker", *store, *named])


async def deliver(args: Args) -> int:
    """Deliver an event."""
    payload = json_input.read(args.payload, "payload")
    async with opened(args.backend) as control:
        done = await control.deliver(args.run, args.path, args.event, payload, args.id)
    if args.json:
        put_json({"seq": done.seq, "new": done.new, "waiting": done.waiting, "note": done.note})
    else:
        put(safe(done.note))
    return OK


async def retry(args: Args) -> int:
    """Let a run go on."""
    async with opened(args.backend) as control:
        return _told(args, await control.retry(args.run))


async def cancel(args: Args) -> int:
    """Cancel a run."""
    async with opened(args.backend) as control:
        return _told(args, await control.cancel(args.run))


async def fork(args: Args) -> int:
    """Make a run with the history of another."""
    async with opened(args.backend) as control:
        new = await control.fork(args.run, args.at, args.run_id)
    put_json({"run_id": new}) if args.json else put(new)
    say(f"run {new} has the events 1 to {args.at} of {args.run}")
    return OK


def _told(args: Args, note: str) -> int:
    put_json({"run_id": args.run, "note": note}) if args.json else put(safe(note))
    return OK
