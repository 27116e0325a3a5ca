"""What the detail tells of a path, an event, a variable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.state import Variable
from flopod.stored import encoded
from flopod.summary import RunSummary, Status
from flopod_tui.run.detail_text import event_detail, node_detail, variable_detail
from flopod_tui.run.inside import Inside
from flopod_tui.run.view import RunView
from flopod_tui.text.spans import Spans
from tui.store import NOW, Story, failing, waiting

HOUR = timedelta(hours=1)
RUN = RunSummary(run_id="r1", status=Status.WAITING)


def texts(rows: Sequence[Spans]) -> list[str]:
    return ["".join(text for text, _ in row).rstrip() for row in rows]


def told(story: Story, path: str, width: int = 100) -> list[str]:
    """Return the lines of the detail of a path."""
    view = RunView.of(story.events)
    node = view.node(path)
    assert node is not None
    return texts(node_detail(view, node, RUN, NOW, width))


def test_an_open_wait_tells_what_it_waits_for_and_how_to_answer() -> None:
    lines = told(waiting("r1", HOUR), "approval")
    assert " event     researcher-approved" in lines
    assert " opened    13:03:32 (59m ago)" in lines
    assert " timeout   2d00h, until 2026-11-24 13:03:31 (1d23h left)" in lines
    assert " payload   {by: string, comment?: string}" in lines
    assert lines[-5:-2] == [
        " deliver from a shell",
        "   flopod deliver r1 \\",
        "     approval researcher-approved '…'",
    ]
    assert lines[-1] == "   D opens the form for this wait"


def test_a_wait_without_a_schema_tells_the_shape_of_the_last_delivery() -> None:
    story = Story("r", HOUR).begin("w")
    for index, payload in enumerate(({"n": 1}, {"by": "alice", "n": 2})):
        path = f"loop[{index}]/approval"
        story.tell(ev.WaitStarted(event="approved"), path)
        delivered = ev.EventDelivered(
            event="approved", payload=encoded(payload), delivery_id=f"d{index}"
        )
        story.tell(delivered, path).tell(ev.WaitCompleted(delivery_id=f"d{index}"), path)
    story.tell(ev.WaitStarted(event="approved"), "loop[2]/approval")
    lines = told(story, "loop[2]/approval")
    assert " payload   {by: string, n: number}  as last delivered" in lines
    assert " timeout   none" in lines


def test_a_step_that_failed_tells_each_attempt_with_its_time_and_error() -> None:
    lines = told(failing("r1", HOUR), "expedition[2]/classify")
    start = lines.index(" attempts  3")
    assert [line[:24] for line in lines[start + 1 : start + 4]] == [
        "    1 ✗ 13:03:27.780  40",
        "    2 ✗ 13:03:28.580  40",
        "    3 ✗ 13:03:29.380  40",
    ]
    assert lines[start + 1].endswith("400ms  HTTPError: 502 Bad Gateway, again after 600ms")
    assert " error     HTTPError: 502 Bad Gateway" in lines


def test_an_attempt_whose_worker_died_has_no_invented_length() -> None:
    story = Story("r", HOUR).begin("w").tell(ev.ActivityStarted(), "a")
    story.tell(ev.RunStarted(worker="other:1"), after=60)
    story.tell(ev.ActivityStarted(attempt=1), "a")
    lines = told(story, "a")
    start = lines.index(" attempts  2")
    assert lines[start + 1].endswith("cut")
    assert lines[start + 2].endswith("58m59s")


def test_of_a_long_traceback_the_last_lines_stand_there() -> None:
    trace = "\n".join(f"line {number}" for number in range(40))
    info = ErrorInfo("E", "m", "a", trace)
    story = Story("r", HOUR).begin("w").tell(ev.ActivityStarted(), "a")
    lines = told(story.tell(ev.ActivityFailed(error=info), "a"), "a")
    assert " traceback, the last 8 of 40 lines; Enter shows all" in lines
    assert "   line 39" in lines
    assert "   line 31" not in lines


def test_an_each_tells_how_its_items_stand_and_which_was_slowest() -> None:
    lines = told(failing("r1", HOUR), "expedition")
    assert " inside    3: 2 ok, 1 failed" in lines
    assert any(line.startswith(" slowest   [2] 3.2s") for line in lines)


def test_many_items_are_not_counted_again_with_every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("flopod_tui.run.inside.monotonic", lambda: clock[0])
    monkeypatch.setattr("flopod_tui.run.inside.MANY", 5)
    story = Story("r", HOUR).begin("w").tell(ev.EachStarted(total=9), "e")
    view, inside = RunView.of(story.events), Inside()

    def items(count: int) -> str:
        for index in range(len(view.paths.nodes) - 2, count):
            story.tell(ev.EachItemCompleted(output=encoded(1)), f"e[{index}]")
        view.take(story.events)
        node = view.node("e")
        assert node is not None
        return texts(node_detail(view, node, RUN, NOW, 100, inside=inside))[5]

    assert [items(count) for count in (4, 5, 6, 7)] == [
        f" inside    {count} of 9: {count} ok" for count in (4, 5, 5, 5)
    ]
    clock[0] += 1
    assert items(7) == " inside    7 of 9: 7 ok"
    past = view.at(len(view.events) - 2)
    assert texts(inside.told(past, past.paths.nodes["e"]))[0] == " inside    5 of 9: 5 ok"


def test_of_a_path_with_many_events_the_first_and_the_newest_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flopod_tui.run.detail_text.FACTS", 30)
    story = Story("r", HOUR).begin("w", {"region": "kanto"})
    for number in range(100):
        story.tell(ev.LogEmitted(level="info", message=f"{number}"))
    view = RunView.of(story.events)
    lines = texts(node_detail(view, view.root, RUN, NOW, 100))
    assert '    region  "kanto"' in lines
    assert f" last      {len(story.events)} LogEmitted" in lines
    assert len(view.events_at("", 30)) == 30


def test_a_branch_tells_the_key_that_was_taken() -> None:
    assert " taken     active" in told(waiting("r1", HOUR), "handle")
    story = Story("r", HOUR).begin("w").tell(ev.BranchTaken(key="x", default=True), "b")
    assert " taken     x  (no case of its own: the default)" in told(story, "b")


def test_an_output_is_shown_with_its_types_and_without_its_secrets() -> None:
    output = encoded({"when": NOW, "token": "hunter2", "tags": {"a"}})
    story = Story("r", HOUR).begin("w").step("a")
    story.tell(ev.ActivityCompleted(output=output), "a")
    lines = told(story, "a")
    start = lines.index(" output  {3}")
    assert lines[start + 1 :] == [
        "    when  Date 2026-11-22T14:03:22.000Z",
        "    token  ••• hidden",
        "    tags  Set[1]",
        '      [0]  "a"',
    ]


def test_a_huge_value_is_named_and_not_laid_out() -> None:
    story = Story("r", HOUR).begin("w").step("a", "x" * 300_000)
    assert "   300.0 KB, Enter shows it" in told(story, "a")


def test_an_event_tells_all_that_it_holds() -> None:
    fact = ev.WaitStarted(event="e\x1b[2J", deadline=NOW, schema={"type": "object"})
    lines = texts(event_detail(Event(fact, "a[0]/wait", NOW, 7), 80))
    assert lines[:3] == [
        " event     7 WaitStarted",
        " at        2026-11-22 14:03:22.000 UTC",
        " path      a[0]/wait",
    ]
    assert r" event     e\x1b[2J" in lines
    assert '    type  "object"' in lines


def test_a_variable_tells_what_it_holds() -> None:
    value: Any = {"fire": 3, "water": 1}
    lines = texts(variable_detail("counts", Variable("map", value, 9), 80))
    assert lines[:3] == [" variable  counts", " kind      map{2}", " set by    event 9"]
    assert lines[-2:] == ["    fire  3", "    water  1"]
