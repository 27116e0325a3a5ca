"""The summary: every status and every step of progress, by folding one event at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event, Fact
from flopod.inner import Progress
from flopod.stored import encoded
from flopod.summary import RunSummary, Status, due_at, fold, haystack, told

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ERROR = ErrorInfo("ValueError", "no", "a")
DONE = ev.ActivityCompleted(output=encoded(1))

SUBMITTED = (ev.RunSubmitted(workflow="job"), "")
STARTED = (ev.RunStarted(worker="host:1"), "")
STEP = (ev.ActivityStarted(), "a")
STEPPED = (DONE, "a")
RETRYING = (ev.ActivityRetrying(attempt=1, error=ERROR, next_at=LATER), "a")
ASLEEP = (ev.SleepStarted(wake_at=LATER), "nap")
WAITING = (ev.WaitStarted(event="go", deadline=LATER), "w")
DELIVERED = (ev.EventDelivered(event="go", payload=encoded(1), delivery_id="1"), "w")
FAILED = (ev.RunFailed(error=ERROR, failed_paths=("a",)), "")
RETRIED = (ev.RunRetried(voided=("a",)), "")
CANCELLED = (ev.RunCancelled(), "")


def after(*facts: tuple[Fact, str]) -> RunSummary:
    summary = RunSummary(run_id="r")
    for seq, (fact, path) in enumerate(facts, 1):
        summary = fold(summary, Event(fact, path, NOON + timedelta(seconds=seq), seq))
    return summary


BEGUN = (SUBMITTED, STARTED)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([SUBMITTED], Status.QUEUED),
        ([SUBMITTED, DELIVERED], Status.QUEUED),
        (BEGUN, Status.RUNNING),
        ([*BEGUN, STEP], Status.RUNNING),
        ([*BEGUN, STEP, RETRYING], Status.RETRYING),
        ([*BEGUN, STEP, RETRYING, (ev.ActivityStarted(attempt=2), "a")], Status.RUNNING),
        ([*BEGUN, ASLEEP], Status.SLEEPING),
        ([*BEGUN, ASLEEP, (ev.SleepCompleted(), "nap")], Status.RUNNING),
        ([*BEGUN, WAITING], Status.WAITING),
        ([*BEGUN, WAITING, ASLEEP], Status.WAITING),
        ([*BEGUN, STEP, WAITING], Status.RUNNING),
        ([*BEGUN, WAITING, STARTED], Status.WAITING),
        ([*BEGUN, WAITING, DELIVERED, (ev.WaitCompleted(delivery_id="1"), "w")], Status.RUNNING),
        ([*BEGUN, WAITING, (ev.WaitTimedOut(), "w")], Status.RUNNING),
        ([*BEGUN, (ev.RunCompleted(output=encoded(1)), "")], Status.OK),
        ([*BEGUN, FAILED], Status.ERROR),
        ([*BEGUN, FAILED, RETRIED], Status.QUEUED),
        ([*BEGUN, (ev.RunCancelRequested(), "")], Status.RUNNING),
        ([*BEGUN, CANCELLED], Status.CANCELLED),
        ([SUBMITTED, CANCELLED, STARTED], Status.CANCELLED),
        ([*BEGUN, (ev.RunNeedsAttention(error=ERROR), "")], Status.NEEDS_ATTENTION),
        ([*BEGUN, STEP, (ev.RunForked(source="s", source_seq=3), "")], Status.QUEUED),
        ([*BEGUN, FAILED, (ev.RunForked(source="s", source_seq=3), "")], Status.ERROR),
    ],
)
def test_the_status_follows_from_the_log(facts: Iterable[tuple[Fact, str]], status: Status) -> None:
    assert after(*facts).status is status


def items(path: str, total: int) -> list[tuple[Fact, str]]:
    each: list[tuple[Fact, str]] = [(ev.EachStarted(total=total), path)]
    for index in range(total):
        each += [
            (DONE, f"{path}[{index}]/x"),
            (ev.EachItemCompleted(output=encoded(1)), f"{path}[{index}]"),
        ]
    return each


@pytest.mark.parametrize(
    ("facts", "progress"),
    [
        ([], Progress(0, None)),
        ([STEP], Progress(0, None)),
        ([STEP, STEPPED], Progress(1, None)),
        ([(ev.EachStarted(total=3), "e")], Progress(0, 3)),
        (items("e", 3), Progress(3, 3)),
        ([STEPPED, *items("e", 3), (DONE, "b")], Progress(5, 5)),
        ([(ev.EachStarted(total=2), "e"), *items("e[0]/inner", 5)], Progress(0, 2)),
        ([(ev.EachStarted(total=0), "e")], Progress(0, None)),
        (
            [
                (ev.ParallelStarted(total=2), "p"),
                (ev.ParallelBranchFailed(error=ERROR), "p[0]"),
                (ev.ParallelBranchCompleted(output=encoded(1)), "p[1]"),
                (DONE, "b"),
            ],
            Progress(3, 3),
        ),
        (
            [(ev.EachStarted(total=1), "e"), (ev.EachItemFailed(error=ERROR), "e[0]")],
            Progress(1, 1),
        ),
    ],
)
def test_progress_counts_steps_and_the_items_of_outermost_fans(
    facts: Iterable[tuple[Fact, str]], progress: Progress
) -> None:
    assert after(*BEGUN, *facts).progress == progress


def test_times_say_when_what_happened() -> None:
    summary = after(SUBMITTED, STARTED, STEP, FAILED)
    seconds = [NOON + timedelta(seconds=n) for n in range(5)]
    assert summary.submitted_at == seconds[1]
    assert summary.started_at == seconds[2]
    assert summary.ended_at == summary.updated_at == seconds[4]
    assert (summary.last_seq, summary.current_path, summary.error) == (4, "a", ERROR)


def test_a_run_wakes_at_the_earliest_of_its_timers() -> None:
    soon = NOON + timedelta(minutes=5)
    assert after(*BEGUN, ASLEEP, (ev.SleepStarted(wake_at=soon), "b")).wake_at == soon
    assert after(*BEGUN, WAITING).wake_at == LATER
    assert after(*BEGUN, RETRYING).wake_at == LATER
    assert after(*BEGUN, WAITING, CANCELLED).wake_at is None


def test_open_waits_are_shown_until_the_end_and_again_after_a_retry() -> None:
    waiting = after(*BEGUN, WAITING)
    (wait,) = waiting.open_waits
    assert (wait.path, wait.event, wait.deadline, wait.delivered) == ("w", "go", LATER, False)
    assert after(*BEGUN, WAITING, DELIVERED).open_waits[0].delivered
    assert after(*BEGUN, WAITING, CANCELLED).open_waits == ()
    assert after(*BEGUN, WAITING, CANCELLED, RETRIED).open_waits == (wait,)


def test_a_run_is_due_when_a_worker_has_something_to_do() -> None:
    assert due_at(after(SUBMITTED)) is not None
    assert due_at(after(*BEGUN, ASLEEP)) == LATER
    no_deadline = (ev.WaitStarted(event="go"), "w")
    assert due_at(after(*BEGUN, no_deadline)) is None
    assert due_at(after(*BEGUN, no_deadline, DELIVERED)) == NOON + timedelta(seconds=4)
    assert due_at(after(*BEGUN, no_deadline, (ev.RunCancelRequested(), ""))) is not None
    assert due_at(after(*BEGUN, FAILED)) is None
    assert due_at(after(*BEGUN, FAILED, RETRIED)) is not None


def test_running_without_a_live_worker_is_told_as_interrupted() -> None:
    assert told(after(*BEGUN, STEP), None).status is Status.INTERRUPTED
    assert told(after(*BEGUN, STEP), "host:2").status is Status.RUNNING
    assert told(after(*BEGUN, WAITING), None).status is Status.WAITING
    assert told(after(SUBMITTED), None).worker is None


def test_attempts_count_the_retries_of_the_run() -> None:
    assert after(*BEGUN, FAILED, RETRIED, STARTED, FAILED, RETRIED).attempt == 3


def test_a_search_finds_id_workflow_error_and_waits() -> None:
    text = haystack(after(*BEGUN, FAILED))
    assert "r job" in text and "valueerror: no a" in text
    assert "w go" in haystack(after(*BEGUN, WAITING))


def test_what_is_recorded_at_once_does_not_end_a_step_in_flight() -> None:
    beside = [(ev.ActivityStarted(), "p[1]/now"), (DONE, "p[1]/now")]
    assert after(*BEGUN, STEP, *beside, ASLEEP).status is Status.RUNNING
