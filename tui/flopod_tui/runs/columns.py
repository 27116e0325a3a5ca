"""The columns of the run list: what stands in each, and which give way as the screen gets narrow.

RUN and NOW take what the others leave. A column goes when NOW would get less room than the column
is worth, always in the same order, so that the eye finds the rest where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flopod.summary import RunSummary
from flopod_tui.runs.order import Order
from flopod_tui.runs.text import BAR, DONE, bar, doing, done_in_short, took
from flopod_tui.text.format import cut_middle, fit, fit_right, moment, safe, since
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, cut_spans

FIRST = 2
"""Cells of the glyph."""
LEAST_RUN, MOST_RUN = 12, 40
LEAST_WORKFLOW, MOST_WORKFLOW = 8, 20
LEAST_NOW = 20
"""Cells below which NOW says too little, and goes itself."""
Maker = Callable[[RunSummary, datetime, int], list[Span]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    title: str
    width: int
    """Its cells without the gap behind it; those of RUN, WORKFLOW and NOW depend on the runs."""
    make: Maker
    worth: int = 24
    """It goes when NOW would have fewer cells than this."""
    right: bool = False
    """Its title stands flush right, as its numbers do."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column as wide as it is shown."""

    column: Column
    width: int


def _run(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit(cut_middle(safe(run.run_id, 200), width), width), "")]


def _workflow(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit(safe(run.workflow, 200) or "—", width), "quiet")]


def _status(run: RunSummary, now: datetime, width: int) -> list[Span]:
    shown = look(run.status)
    return [(fit(shown.word, width), shown.role)]


def _bar(run: RunSummary, now: datetime, width: int) -> list[Span]:
    role = look(run.status).role if run.progress.total else ""
    return [(fit(bar(run.progress), width), role)]


def _done(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit(done_in_short(run.progress), width), "")]


def _age(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit_right(since(run.submitted_at, now), width), "quiet")]


def _updated(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit_right(since(run.updated_at, now), width), "quiet")]


def _ended(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit(moment(run.ended_at, now) if run.ended_at else "—", width), "quiet")]


def _took(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit_right(took(run, now), width), "")]


def _attempt(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit_right(f"{run.attempt}", width), "" if run.attempt > 1 else "quiet")]


def _events(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit_right(f"{run.last_seq}", width), "quiet")]


def _worker(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(fit(safe(run.worker or "—", 200), width), "quiet")]


def _now(run: RunSummary, now: datetime, width: int) -> list[Span]:
    return [(" ", ""), *cut_spans(doing(run, now, width - 1), width - 1)]


COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("run", "RUN", LEAST_RUN, _run, worth=0),
        Column("workflow", "WORKFLOW", LEAST_WORKFLOW, _workflow),
        Column("status", "STATUS", 11, _status, worth=0),
        Column("bar", "", BAR, _bar, worth=26),
        Column("progress", "PROGRESS", DONE, _done, worth=1),
        Column("age", "AGE", 6, _age, worth=26, right=True),
        Column("updated", "UPDATED", 7, _updated, worth=50, right=True),
        Column("ended", "ENDED", 19, _ended, worth=50),
        Column("took", "TOOK", 6, _took, worth=2, right=True),
        Column("attempt", "TRY", 3, _attempt, worth=50, right=True),
        Column("events", "EVENTS", 7, _events, worth=60, right=True),
        Column("worker", "WORKER", 16, _worker, worth=50),
        Column("now", " NOW / ERROR", LEAST_NOW, _now, worth=0),
    )
}
USUAL = (
    *("run", "workflow", "status", "bar", "progress", "age", "updated", "took", "worker", "now"),
)
"""Those that are shown where there is room, in this order."""
GIVE_WAY = (
    *("events", "worker", "updated", "ended", "attempt", "age", "bar", "workflow"),
    *("now", "progress", "took"),
)
"""The order in which they go."""


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the names that are columns, the usual ones if there is none."""
    known = tuple(dict.fromkeys(name for name in names if name in COLUMNS))
    return known or USUAL


def place(names: Sequence[str], width: int, runs: Sequence[RunSummary]) -> list[Placed]:
    """Return the columns that fit into so many cells, as wide as these runs need."""
    kept = list(names)
    widths = _wanted(kept, runs)
    for name in GIVE_WAY:
        if name in kept and _room(kept, widths, width) < _worth(name, kept):
            kept.remove(name)
    room = _room(kept, widths, width)
    if room < 0 and "run" in kept:
        widths["run"] = max(LEAST_RUN, widths["run"] + room)
    if "now" in kept:
        widths["now"] = max(0, room)
    return [Placed(COLUMNS[name], widths[name]) for name in kept]


def _worth(name: str, kept: Sequence[str]) -> int:
    """Return how many cells must be left over for the column to stay."""
    if name == "now":
        return LEAST_NOW
    return COLUMNS[name].worth if "now" in kept else 0


def _wanted(names: Sequence[str], runs: Sequence[RunSummary]) -> dict[str, int]:
    """Return how wide each would be, NOW having nothing."""
    widths = {name: COLUMNS[name].width for name in names}
    if "run" in widths:
        longest = max((len(run.run_id) for run in runs), default=0)
        widths["run"] = min(max(longest, LEAST_RUN), MOST_RUN)
    if "workflow" in widths:
        longest = max((len(run.workflow) for run in runs), default=0)
        widths["workflow"] = min(max(longest, LEAST_WORKFLOW), MOST_WORKFLOW)
    if "now" in widths:
        widths["now"] = 0
    return widths


def _room(names: Sequence[str], widths: Mapping[str, int], width: int) -> int:
    return width - FIRST - sum(widths[name] + 1 for name in names)


def head(placed: Sequence[Placed], order: Order) -> str:
    """Return the titles, the sorted column's with its direction."""
    return " ".join(_title(one, order) for one in placed)


def _title(one: Placed, order: Order) -> str:
    title = one.column.title
    if order.sort.column == one.column.name:
        title = f"{title}{order.arrow}"
    return fit_right(title, one.width) if one.column.right else fit(title, one.width)


def cells(run: RunSummary, now: datetime, placed: Sequence[Placed]) -> list[Span]:
    """Return what stands in the columns of a run."""
    spans: list[Span] = []
    for one in placed:
        spans += one.column.make(run, now, one.width)
        spans.append((" ", ""))
    return spans[:-1]
