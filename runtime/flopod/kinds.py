"""What kind of step a fact tells of, and which facts begin, end and change what."""

from __future__ import annotations

from flopod import events as ev
from flopod import kin
from flopod.events import Fact

KINDS: dict[type[Fact], str] = {
    ev.ActivityStarted: "activity",
    ev.ActivityRetrying: "activity",
    ev.ActivityCompleted: "activity",
    ev.ActivityFailed: "activity",
    ev.BranchTaken: "branch",
    ev.EachStarted: "each",
    ev.EachItemCompleted: "item",
    ev.EachItemFailed: "item",
    ev.RepeatIterationCompleted: "iteration",
    ev.ParallelStarted: "parallel",
    ev.ParallelBranchCompleted: "branch item",
    ev.ParallelBranchFailed: "branch item",
    ev.SleepStarted: "sleep",
    ev.SleepCompleted: "sleep",
    ev.WaitStarted: "wait",
    ev.WaitCompleted: "wait",
    ev.WaitTimedOut: "wait",
    kin.ChildStarted: "start",
    kin.StartRefused: "start",
    kin.ChildCalled: "call",
    kin.ChildCompleted: "call",
    kin.ChildFailed: "call",
    ev.VarSet: "var",
    ev.ListSet: "list",
    ev.MapSet: "map",
}

AROUND = {"item": "each", "branch item": "parallel"}
"""What an item is an item of."""

PAUSES = frozenset({"sleep", "wait", "call"})
"""Kinds of steps in which a run only waits."""

CHANGES = (ev.VarSet, ev.ListSet, ev.MapSet)
"""Facts that change a variable."""

STARTS = frozenset(
    {ev.ActivityStarted, ev.ActivityRetrying, ev.SleepStarted, ev.WaitStarted, kin.ChildCalled}
)
"""Facts that leave a step open."""

FAILURES = (
    ev.ActivityFailed,
    ev.EachItemFailed,
    ev.ParallelBranchFailed,
    kin.ChildFailed,
    kin.StartRefused,
)
"""What a retry makes void."""

IDLE = frozenset(
    {ev.RunStarted, ev.ActivityStarted, ev.EachStarted, ev.ParallelStarted, ev.LogEmitted}
)
"""Facts that are no progress: a run that dies over and over records nothing else."""
