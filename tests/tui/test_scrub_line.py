"""The line that shows a whole log: exact in width, each record in one cell, in order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod_tui.run.scrub_line import ScrubLine, Track, scrub_line
from flopod_tui.text.format import width_of
from tui.store import NOW, failing, waiting

ERROR = ErrorInfo("ValueError", "no", "a")
FACTS = [
    ev.ActivityStarted(),
    ev.ActivityFailed(error=ERROR),
    ev.RunRetried(),
    ev.WaitStarted(event="go"),
]
gaps = st.one_of(st.floats(-90, 3), st.floats(0, 90), st.floats(0, 10_000_000), st.just(0.0))
logs = st.lists(st.tuples(gaps, st.sampled_from(FACTS)), min_size=1, max_size=120)


def log_of(told: list[tuple[float, ev.Fact]]) -> list[Event]:
    at, log = NOW, list[Event]()
    for seq, (gap, fact) in enumerate(told, 1):
        at += timedelta(seconds=gap)
        log.append(Event(fact, "a", at, seq))
    return log


def laid_out(log: list[Event], width: int) -> ScrubLine:
    track = Track()
    track.take(log)
    return scrub_line(track, width)


def text(line: ScrubLine, here: int | None = None) -> str:
    return "".join(part for part, _ in line.spans(here))


@given(logs, st.integers(8, 200))
def test_the_line_is_as_wide_as_asked_wherever_we_are(
    told: list[tuple[float, ev.Fact]], width: int
) -> None:
    line = laid_out(log_of(told), width)
    for here in (None, 0, len(told) - 1, len(told) // 2):
        for plain in (False, True):
            assert sum(width_of(part) for part, _ in line.spans(here, plain=plain)) == width


@given(logs, st.integers(8, 200))
def test_every_record_stands_in_exactly_one_cell_and_none_before_an_older_one(
    told: list[tuple[float, ev.Fact]], width: int
) -> None:
    line = laid_out(log_of(told), width)
    cells = [line.cell_of(index) for index in range(len(told))]
    assert cells == sorted(cells)
    assert cells[0] >= 0
    assert cells[-1] < width
    held = [(index, cell) for cell in range(width) for index in line.records_at(cell)]
    assert held == list(enumerate(cells))
    for index, cell in enumerate(cells):
        assert line.records_at(cell)[0] <= index <= (line.nearest(cell) or 0)


@given(logs, st.integers(8, 200))
def test_events_taken_in_one_by_one_make_the_same_line(
    told: list[tuple[float, ev.Fact]], width: int
) -> None:
    log, track = log_of(told), Track()
    for count in range(len(log) + 1):
        track.take(log[:count])
    assert scrub_line(track, width) == laid_out(log, width)


def test_failures_retries_and_waits_are_seen_before_other_records() -> None:
    assert "✗" in text(laid_out(failing("r", timedelta(hours=1)).events, 20))
    assert "↻" in text(laid_out(failing("r", timedelta(hours=1)).events, 60))
    assert text(laid_out(waiting("r", timedelta(hours=1)).events, 30)).endswith("◆")


def test_idle_time_is_folded_with_its_length() -> None:
    story = waiting("r", timedelta(hours=3))
    story.tell(ev.WaitCompleted(delivery_id="d"), "approval", after=8040)
    drawn = text(laid_out(story.events, 80))
    assert "┄ 2h14m idle ┄" in drawn
    assert drawn.endswith("┄●") and drawn.startswith("●")


def test_idle_time_takes_no_room_even_where_its_length_is_not_told() -> None:
    track = Track()
    track.take(log_of([(gap, FACTS[0]) for gap in (0, 1, 3600, 1, 61, 60, -5, 1)]))
    assert track.times == [0, 1, 1, 2, 2, 62, 62, 62]
    assert [(-length, index) for length, index in track.gaps] == [(3600, 2), (61, 4)]


def test_the_record_that_is_shown_has_a_mark_of_its_own_and_what_is_later_is_quiet() -> None:
    line = laid_out(waiting("r", timedelta(hours=1)).events, 60)
    spans = line.spans(12)
    at = next(index for index, (part, _) in enumerate(spans) if part == "▌")
    assert at == line.cell_of(12)
    assert {role for _, role in spans[at + 1 :]} == {"rule"}


def test_a_long_log_is_laid_out_by_looking_at_cells_only() -> None:
    track = Track()
    track.times = [index * 0.05 for index in range(100_000)]
    looked = 0

    class Counting(list[float]):
        def __getitem__(self, index: object) -> object:  # type: ignore[override]
            nonlocal looked
            looked += 1
            return super().__getitem__(index)  # type: ignore[index]

    track.times = Counting(track.times)
    scrub_line(track, 100).spans()
    assert looked < 100 * 150
