"""The path tree: what a run has done and where it stands, as nested nodes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event, Fact
from flopod.stored import encoded
from flopod.summary import Status
from flopod.tree import Node, TreeBuilder, fold_tree, plain_tree
from runtime.corpus import CORPUS, World
from runtime.lives import RUN, begun, live

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ERROR = ErrorInfo("ValueError", "no", "a", attempts=2)
DONE = ev.ActivityCompleted(output=encoded(1))
ITEM = ev.EachItemCompleted(output=encoded(1))


def after(*facts: tuple[Fact, str]) -> Node:
    begin: list[tuple[Fact, str]] = [(ev.RunSubmitted(workflow="job"), ""), (ev.RunStarted(), "")]
    return fold_tree(
        Event(fact, path, NOON + timedelta(seconds=seq), seq)
        for seq, (fact, path) in enumerate([*begin, *facts], 1)
    )


def drawn(root: Node) -> list[str]:
    """Return the tree as `path kind status` lines, parents first."""
    return [f"{node.path} {node.kind} {node.status}" for node in root.walk() if node.parent]


def test_every_primitive_is_a_node_of_its_kind() -> None:
    root = after(
        (ev.ActivityStarted(), "a"),
        (DONE, "a"),
        (ev.BranchTaken(key="x"), "b"),
        (ev.EachStarted(total=1), "e"),
        (ITEM, "e[0]"),
        (DONE, "loop[0]/s"),
        (ev.RepeatIterationCompleted(stop=True), "loop[0]"),
        (ev.ParallelStarted(total=1), "p"),
        (ev.ParallelBranchCompleted(output=encoded(1)), "p[0]"),
        (ev.SleepStarted(wake_at=NOON), "nap"),
        (ev.SleepCompleted(), "nap"),
        (ev.WaitStarted(event="go"), "w"),
        (ev.WaitTimedOut(), "w"),
        (ev.VarSet(value=encoded(1)), "v"),
        (ev.ListSet(value=encoded([])), "l"),
        (ev.MapSet(value=encoded({})), "m"),
    )
    assert drawn(root) == [
        "a activity ok",
        "b branch ok",
        "e each ok",
        "e[0] item ok",
        "loop repeat ok",
        "loop[0] iteration ok",
        "loop[0]/s activity ok",
        "p parallel ok",
        "p[0] branch ok",
        "nap sleep ok",
        "w wait ok",
        "v var ok",
        "l list ok",
        "m map ok",
    ]


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([(ev.ActivityStarted(), "e[0]/a")], Status.RUNNING),
        ([(ev.SleepStarted(wake_at=NOON), "e[0]/n")], Status.SLEEPING),
        ([(ev.WaitStarted(event="go"), "e[0]/w")], Status.WAITING),
        (
            [(ev.WaitStarted(event="go"), "e[0]/w"), (ev.ActivityStarted(), "e[1]/a")],
            Status.RUNNING,
        ),
        ([(ev.EachItemFailed(error=ERROR), "e[0]")], Status.ERROR),
        ([(ITEM, "e[0]")], Status.OK),
    ],
)
def test_a_container_shows_what_is_inside(facts: Any, status: Status) -> None:
    root = after((ev.EachStarted(total=2), "e"), *facts)
    assert root.children[0].status is status


def test_a_step_knows_its_attempts_and_its_error() -> None:
    retrying = ev.ActivityRetrying(attempt=1, error=ERROR, next_at=NOON)
    (node,) = after((ev.ActivityStarted(), "a"), (retrying, "a")).children
    assert (node.status, node.error, node.until) == (Status.RETRYING, ERROR, NOON)
    (node,) = after((ev.ActivityFailed(error=ERROR), "a")).children
    assert (node.status, node.attempt, node.error) == (Status.ERROR, 2, ERROR)


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (ev.RunCancelled(), Status.CANCELLED),
        (ev.RunFailed(error=ERROR), Status.INTERRUPTED),
        (ev.RunNeedsAttention(error=ERROR), Status.NEEDS_ATTENTION),
    ],
)
def test_nothing_is_at_work_after_the_end_and_a_retry_opens_it_again(
    end: Fact, shown: Status
) -> None:
    ended = after((ev.WaitStarted(event="go"), "w"), (end, ""))
    assert [node.status for node in ended.children] == [shown]
    again = after((ev.WaitStarted(event="go"), "w"), (end, ""), (ev.RunRetried(), ""))
    assert [node.status for node in again.children] == [Status.WAITING]
    assert again.status is Status.QUEUED


def test_a_voided_failure_is_no_failure_any_more() -> None:
    failed: list[tuple[Fact, str]] = [
        (ev.EachStarted(total=1), "e"),
        (ev.ActivityFailed(error=ERROR), "e[0]/a"),
        (ev.EachItemFailed(error=ERROR), "e[0]"),
        (ev.RunFailed(error=ERROR, failed_paths=("e[0]/a",)), ""),
    ]
    root = after(*failed, (ev.RunRetried(voided=("e[0]/a", "e[0]")), ""))
    assert "error" not in " ".join(drawn(root))
    root = after(
        *failed, (ev.RunRetried(voided=("e[0]/a", "e[0]")), ""), (DONE, "e[0]/a"), (ITEM, "e[0]")
    )
    assert drawn(root) == ["e each ok", "e[0] item ok", "e[0]/a activity ok"]


def test_a_run_cancelled_before_it_was_taken_up_stays_so() -> None:
    assert after((ev.RunCancelled(), ""), (ev.RunStarted(), "")).status is Status.CANCELLED


@pytest.mark.parametrize("story", CORPUS.values(), ids=CORPUS)
async def test_folding_on_from_any_event_changes_only_what_is_said_to_change(story: Any) -> None:
    backend = await begun(story)
    await live(backend, story, World())
    builder = TreeBuilder()
    before: dict[str, Any] = {}
    for event in await backend.events(RUN):
        builder.changed.clear()
        builder.add(event)
        now = {
            p: (n.kind, n.status, n.note, n.ended_at, n.attempt) for p, n in builder.nodes.items()
        }
        assert {path for path in now if now[path] != before.get(path)} <= builder.changed
        before = now
    root = plain_tree(builder.root)
    assert root["path"] == "" and root["status"] in ("ok", "error")
    assert set(root) == {
        *("path", "kind", "status", "started_at", "ended_at"),
        *("attempt", "total", "note", "error", "children"),
    }
