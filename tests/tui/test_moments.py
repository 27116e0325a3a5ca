"""A moment of the past is the run as it stood then: compared with a fold over the log cut there."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod.tree import Node
from flopod_tui.run import past_tree
from flopod_tui.run.view import RunView
from runtime.histories import stored
from tui.store import NOW, Story, importing, stories

HISTORIES = [pytest.param(log, id=f"{of}-{story.name}") for of, story, log in stored()]
TALES = [pytest.param(told.events, id=told.run_id) for told in stories()]
ERROR = ErrorInfo("ValueError", "no", "e[0]/a")


def plain(node: Node) -> dict[str, Any]:
    """Return all that a node tells, and those below it."""
    return {
        "path": node.path,
        "kind": node.kind,
        "index": node.index,
        "status": node.status,
        "started": node.started_at,
        "ended": node.ended_at,
        "attempt": node.attempt,
        "error": node.error,
        "note": node.note,
        "total": node.total,
        "until": node.until,
        "own": node.own,
        "inside": {status: number for status, number in node.inside.items() if number},
        "code": node.code_changed_at,
        "unfit": node.unfit,
        "above": node.parent.path if node.parent else None,
        "children": [plain(child) for child in node.children],
    }


def told(view: RunView) -> dict[str, Any]:
    """Return all that a view tells."""
    return {
        "tree": plain(view.root),
        "nodes": [(path, plain(node)["status"]) for path, node in view.paths.nodes.items()],
        "state": {
            path: (one.kind, one.value, one.seq) for path, one in view.state.variables.items()
        },
        "events": [event.seq for event in view.events],
        "at": {path: view.events_at(path) for path in view.paths.nodes},
    }


def assert_moments(log: list[Event], counts: Iterable[int]) -> None:
    half = len(log) // 2
    view = RunView.of(log[:half])
    view.at(half // 2)
    view.take(log[half:])
    whole = told(view)
    for count in counts:
        assert told(view.at(count)) == told(RunView.of(log[:count])), f"after {count} events"
    assert told(view) == whole


@pytest.mark.parametrize("log", [*HISTORIES, *TALES])
def test_every_moment_of_a_run_is_as_it_was_then(log: list[Event]) -> None:
    step = max(1, len(log) // 60)
    assert_moments(log, range(0, len(log) + 1, step))


def test_a_run_that_failed_and_was_retried_shows_each_of_its_ends() -> None:
    story = Story("r", timedelta(hours=1)).begin("research")
    story.tell(ev.EachStarted(total=2), "e").tell(ev.ActivityStarted(), "e[0]/a")
    story.tell(ev.ActivityStarted(), "e[1]/a").tell(ev.ActivityStarted(), "b")
    story.tell(ev.ActivityFailed(error=ERROR), "e[0]/a").tell(
        ev.EachItemFailed(error=ERROR), "e[0]"
    )
    story.tell(ev.RunFailed(error=ERROR, failed_paths=("e[0]/a",)))
    story.tell(ev.RunRetried(voided=("e[0]/a", "e[0]"))).tell(ev.RunStarted(worker="w"))
    story.tell(ev.ActivityStarted(), "e[0]/a").tell(ev.RunCancelled())
    story.tell(ev.RunRetried()).tell(ev.RunStarted(worker="w", was="x"))
    story.step("e[1]/a").step("e[0]/a").tell(ev.RunCompleted(output=encoded(1)))
    assert_moments(story.events, range(len(story.events) + 1))


FACTS: list[tuple[Any, tuple[str, ...]]] = [
    (ev.RunStarted(worker="w"), ("",)),
    (ev.RunFailed(error=ERROR), ("",)),
    (ev.RunRetried(voided=("e[0]/a", "p[0]")), ("",)),
    (ev.RunCancelled(), ("",)),
    (ev.LogEmitted(level="info", message="m"), ("", "e[0]")),
    (ev.ActivityStarted(), ("a", "e[0]/a", "e[1]/a", "p[0]/x/y", "loop[3]/s")),
    (ev.ActivityStarted(attempt=2), ("a", "e[0]/a", "p[0]/x/y")),
    (ev.ActivityRetrying(attempt=1, error=ERROR, next_at=NOW), ("a", "e[0]/a")),
    (ev.ActivityCompleted(output=encoded(1)), ("a", "e[0]/a", "e[1]/a", "loop[3]/s")),
    (ev.ActivityFailed(error=ERROR), ("a", "e[0]/a", "p[0]/x/y")),
    (ev.EachStarted(total=2), ("e", "p[1]/inner")),
    (ev.EachItemCompleted(output=encoded(1)), ("e[0]", "e[1]")),
    (ev.EachItemFailed(error=ERROR), ("e[0]",)),
    (ev.ParallelStarted(total=2), ("p",)),
    (ev.ParallelBranchCompleted(output=encoded(1)), ("p[0]", "p[1]")),
    (ev.BranchTaken(key="x"), ("b", "e[1]/b", "loop[3]/b")),
    (ev.RepeatIterationCompleted(), ("loop[3]", "loop[4]")),
    (ev.SleepStarted(wake_at=NOW), ("nap", "b[x]/nap")),
    (ev.SleepCompleted(), ("nap", "b[x]/nap")),
    (ev.WaitStarted(event="go"), ("w", "p[1]/w")),
    (ev.EventDelivered(event="go", payload=encoded(1), delivery_id="d"), ("w", "never")),
    (ev.WaitTimedOut(), ("w", "p[1]/w")),
    (ev.VarSet(value=encoded(5)), ("v", "e[0]/v")),
    (ev.ListSet(value=encoded([1])), ("l",)),
    (ev.ListSet(pushed=encoded([2, 3])), ("l",)),
    (ev.MapSet(value=encoded({})), ("m",)),
    (ev.MapSet(put=encoded(["k", [1]])), ("m",)),
]


@pytest.mark.parametrize("seed", range(60))
def test_every_moment_of_any_log_is_as_it_was_then(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_tree, "BLOCK", 1 + seed % 4)
    chance = random.Random(seed)
    story = Story("r", timedelta(hours=1)).begin("any")
    story.tell(ev.ListSet(value=encoded([])), "l").tell(ev.MapSet(value=encoded({})), "m")
    for _ in range(chance.randint(5, 60)):
        fact, places = chance.choice(FACTS)
        story.tell(fact, chance.choice(places), after=chance.choice((-3.0, 0.5, 7.0)))
    counts = range(len(story.events) + 1)
    assert_moments(story.events, chance.sample(counts, len(counts)))


def test_a_moment_stays_as_it_is_while_the_run_goes_on() -> None:
    story = importing("r", timedelta(hours=1), done=30)
    story.tell(ev.ListSet(value=encoded([1])), "l").tell(ev.ActivityStarted(), "a")
    known = len(story.events)
    story.tell(ev.ListSet(pushed=encoded([2])), "l")
    story.tell(ev.ActivityCompleted(output=encoded(1)), "a").tell(ev.RunCancelled())
    view = RunView.of(story.events[:known])
    view.held = True
    past = view.at(known)
    before = told(past)
    for event in story.events[known:]:
        view.take([event])
    assert told(past) == before
    assert [event.seq for event in view.events] == [event.seq for event in story.events]
    while not view.fold(2):
        assert view.folded < len(view.events)
    view.held = False
    assert told(view) == told(RunView.of(story.events))
