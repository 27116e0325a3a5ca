"""The fingerprint of a workflow's source: recorded with every life; a change is shown, no more."""

from __future__ import annotations

from typing import Any

from flopod import Runtime, Workflow
from flopod import events as ev
from flopod.stored import utc_now
from flopod.summary import RunSummary
from flopod.tree import fold_tree
from flopod_backends import MemoryBackend
from flopod_tui.output.lines import show_lines
from flopod_tui.run.event_text import event_words
from runtime.lives import RUN, cut
from runtime.test_rename_guard import steps
from runtime.versions import changing, left_after, refuses, run


def shown(log: list[ev.Event]) -> list[str]:
    summary = RunSummary(run_id=RUN)
    return list(show_lines(summary, fold_tree(log), {}, utc_now()))


async def lives(*bodies: Any) -> list[ev.Event]:
    """Return the log of a run that each of these bodies took up in turn."""
    backend = MemoryBackend()
    for body in bodies:
        await run(body, backend)
        log = await backend.events(RUN)
        backend = await cut(log[:-1])
    return log


def starts(log: list[ev.Event]) -> list[ev.RunStarted]:
    return [event.fact for event in log if isinstance(event.fact, ev.RunStarted)]


async def test_the_source_is_recorded_with_every_life_and_a_change_is_noted() -> None:
    first, second = changing(was=steps("a"), is_now=steps("a", "b"))
    one, two, three, four = starts(await lives(first, first, second, second))

    assert one.code and one.code == two.code != three.code == four.code
    assert [start.was for start in (one, two, three, four)] == ["", "", one.code, ""]


async def test_a_change_is_shown_and_ends_no_run() -> None:
    first, second = changing(was=steps("a"), is_now=steps("a", "b"))
    log = await lives(first, second)

    assert isinstance(log[-1].fact, ev.RunCompleted)
    changed_at = next(e.seq for e in log if isinstance(e.fact, ev.RunStarted) and e.fact.was)
    assert f"  code       another since event {changed_at}" in shown(log)
    assert event_words(log[changed_at - 1]).endswith("with changed source")
    assert not [line for line in shown(await lives(first, first)) if "code" in line]


async def test_a_source_that_cannot_be_read_is_no_other_source() -> None:
    made: dict[str, Any] = {}
    exec("async def body(wf):\n    return 1", made)

    async def readable(wf: Runtime) -> Any:
        return 1

    unread, read = Workflow(made["body"], "job"), Workflow(readable, "job")
    assert unread.code == ""
    assert [start.was for start in starts(await lives(read, unread, read))] == ["", "", ""]


async def test_where_code_no_longer_fits_both_columns_are_shown() -> None:
    first, second = changing(
        was=steps("fetch", "charge", "ship"), is_now=steps("fetch", "charge-card")
    )
    backend = await left_after("ActivityCompleted ship", first)
    await refuses(backend, second)

    lines = shown(await backend.events(RUN))
    start = lines.index("  Recorded  Asked")
    assert lines[start : start + 4] == [
        "  Recorded  Asked",
        "  fetch     fetch",
        "▸ charge    charge-card",
        "▸ ship",
    ]
