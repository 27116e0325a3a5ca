"""The runs that the list holds: in order, filtered, and in their places when that is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.summary import RunSummary, Status
from flopod_tui.query import parse
from flopod_tui.runs.columns import COLUMNS, USUAL, chosen, head, place
from flopod_tui.runs.filters import FACETS, RunFilter, toggled
from flopod_tui.runs.order import SORTS, Order, order_from
from flopod_tui.runs.rows import RunRows
from tui.store import NOW


def run(
    number: int, status: Status = Status.OK, seq: int = 1, workflow: str = "order"
) -> RunSummary:
    """Return a run; the higher its number, the newer it is."""
    at = NOW + timedelta(seconds=number)
    return RunSummary(
        run_id=f"run-{number}", workflow=workflow, status=status, submitted_at=at, last_seq=seq
    )


def rows_of(*runs: RunSummary) -> RunRows:
    rows = RunRows()
    rows.take(runs)
    rows.settle(NOW)
    return rows


def shown(rows: RunRows) -> list[int]:
    return [int(row.run.run_id.removeprefix("run-")) for row in rows.shown]


def do(steps: Iterable[None]) -> None:
    for _ in steps:
        pass


def narrowed(rows: RunRows, text: str = "", facets: str = "") -> list[int]:
    do(rows.narrow(RunFilter(frozenset(facets), parse(text)), NOW))
    return shown(rows)


def test_a_new_run_goes_on_top_and_a_changed_one_stays_where_it_is() -> None:
    rows = rows_of(run(3), run(2), run(1))
    rows.take([run(4), run(2, Status.ERROR)])
    rows.settle(NOW)
    assert shown(rows) == [4, 3, 2, 1]
    assert rows.shown[2].run.status is Status.ERROR
    assert rows.counts[Status.OK] == 3


def test_a_change_is_seen_at_once_and_nothing_moves_before_the_list_settles() -> None:
    rows = rows_of(run(2, Status.WAITING), run(1, Status.WAITING))
    narrowed(rows, facets="2")
    rows.take([run(3, Status.WAITING), run(2, Status.OK)])
    assert shown(rows) == [2, 1]
    assert rows.shown[0].run.status is Status.OK
    assert not rows.is_settled
    rows.settle(NOW)
    assert shown(rows) == [3, 1]


def test_what_was_read_a_while_ago_does_not_hide_what_is_newer() -> None:
    rows = rows_of(run(1, Status.OK, seq=9))
    rows.take([run(1, Status.RUNNING, seq=5)], stale=True)
    assert rows.shown[0].run.status is Status.OK
    rows.take([run(1, Status.ERROR, seq=9)], stale=True)
    assert rows.shown[0].run.status is Status.ERROR


def test_a_run_that_is_gone_from_the_store_is_forgotten() -> None:
    rows = rows_of(run(3), run(2), run(1))
    rows.keep({"run-3", "run-1"})
    assert shown(rows) == [3, 1]
    assert sum(rows.counts.values()) == 2


def test_a_longer_filter_narrows_and_a_shorter_one_shows_more_again() -> None:
    rows = rows_of(run(12), run(21), run(3))
    assert narrowed(rows, "1") == [21, 12]
    assert narrowed(rows, "12") == [12]
    assert narrowed(rows, "1") == [21, 12]
    assert narrowed(rows) == [21, 12, 3]


def test_a_sort_is_kept_while_runs_change_and_a_filter_narrows() -> None:
    rows = rows_of(run(3, workflow="b"), run(2, workflow="c"), run(1, workflow="a"))
    do(rows.sort(Order("workflow"), NOW))
    assert shown(rows) == [1, 3, 2]
    do(rows.sort(Order("workflow", reverse=True), NOW))
    assert shown(rows) == [2, 3, 1]
    rows.take([run(1, workflow="bb"), run(4, workflow="b")])
    rows.settle(NOW)
    assert shown(rows) == [2, 1, 4, 3]
    assert narrowed(rows, "-run-1") == [2, 4, 3]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["take", "narrow", "facet", "sort", "settle", "keep"]),
        st.integers(0, 12),
        st.sampled_from(list(Status)),
    ),
    max_size=40,
)


@given(CHANGES)
def test_whatever_happens_the_rows_are_those_that_the_filter_takes_in_order(changes: list) -> None:  # type: ignore[type-arg]
    rows = RunRows()
    for what, number, status in changes:
        if what == "take":
            rows.take([run(number, status, workflow="xyz"[number % 3])])
        elif what == "narrow":
            narrowed(rows, ("", "1", "x", "-y", "status:failed", "run-1 z")[number % 6])
        elif what == "facet":
            narrowed(rows, facets=("", "1", "47")[number % 3])
        elif what == "sort":
            do(rows.sort(Order(list(SORTS)[number % len(SORTS)], number > 8), NOW))
        elif what == "keep":
            rows.keep(rows.by_id.keys() - {f"run-{number}"})
        else:
            rows.settle(NOW)
    rows.settle(NOW)
    takes = rows.filter.taking(NOW)
    wanted = [row for row in rows.by_id.values() if takes(row.run, row.text)]
    wanted.sort(key=lambda row: rows.order.key(row.run, NOW))
    assert rows.shown == wanted
    assert +rows.counts == +type(rows.counts)(row.run.status for row in rows.by_id.values())


@pytest.mark.parametrize("name", SORTS)
def test_every_sort_can_be_reversed_and_no_two_keys_are_the_same(name: str) -> None:
    runs = [
        run(1),
        run(2, Status.ERROR, workflow="a"),
        run(3, workflow="ab"),
        RunSummary(run_id="x"),
    ]
    for reverse in (False, True):
        keys = [Order(name, reverse).key(one, NOW) for one in runs]
        assert len(set(keys)) == len(runs)
        assert sorted(keys)


def test_texts_that_begin_alike_turn_round_as_well() -> None:
    runs = [run(1, workflow="ab"), run(2, workflow="abc"), run(3, workflow="b")]
    rows = rows_of(*runs)
    do(rows.sort(Order("workflow", reverse=True), NOW))
    assert shown(rows) == [3, 2, 1]


@pytest.mark.parametrize("remembered", [None, 5, ["took"], ["no", True], ["took", "yes"], {}])
def test_an_order_that_is_remembered_wrongly_is_the_default(remembered: object) -> None:
    assert order_from(remembered) == Order()


def test_an_order_is_remembered() -> None:
    assert order_from(["took", True]) == Order("took", True)


def test_every_status_belongs_to_exactly_one_facet() -> None:
    taken = [status for facet in FACETS for status in facet.statuses]
    assert sorted(taken) == sorted(Status)


def test_a_facet_is_added_and_taken_away_by_its_key() -> None:
    both = toggled(toggled(frozenset(), "4"), "2")
    assert RunFilter(both).statuses == {Status.ERROR, Status.WAITING}
    assert toggled(both, "4") == {"2"}


def names(width: int, wanted: tuple[str, ...] = USUAL) -> list[str]:
    runs = [RunSummary(run_id="research-2026-0142", workflow="pokemon-research")]
    return [one.column.name for one in place(wanted, width - 2, runs)]


def test_columns_hide_in_a_fixed_order_as_the_screen_gets_narrower() -> None:
    assert names(200) == list(USUAL)
    assert names(120) == ["run", "workflow", "status", "bar", "progress", "age", "took", "now"]
    assert names(80) == ["run", "status", "progress", "took", "now"]
    assert names(60) == ["run", "status", "progress", "took"]
    gone = [set(USUAL) - set(names(width)) for width in range(200, 40, -1)]
    assert all(before <= after for before, after in pairwise(gone))


@pytest.mark.parametrize("width", range(40, 240, 7))
def test_columns_are_never_wider_than_the_screen(width: int) -> None:
    runs = [RunSummary(run_id="r" * 100, workflow="w" * 50)]
    for wanted in (USUAL, tuple(COLUMNS)):
        placed = place(wanted, width, runs)
        assert len(head(placed, Order())) <= width


def test_unknown_columns_are_left_out() -> None:
    assert chosen(["took", "no", "run", "took"]) == ("took", "run")
    assert chosen([]) == USUAL


def test_very_many_changes_settle_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopod_tui.runs.rows.CHUNK", 3)
    rows = RunRows()
    rows.take(run(number) for number in range(10))
    rows.settle(NOW)
    assert len(rows.shown) == 3
    while not rows.is_settled:
        rows.settle(NOW)
    assert shown(rows) == list(range(9, -1, -1))
    do(rows.sort(Order("started", reverse=True), NOW))
    assert shown(rows) == list(range(10))
