"""The rooms under the lists: which runs are held, which lines the tree has, what forms ask."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import RunSummary, Status
from flopod_tui.filters import FACETS, RunFilter
from flopod_tui.form_fields import ABSENT, FieldError, fields_of, read_fields, typed_from
from flopod_tui.json_text import parse, skeleton
from flopod_tui.path_lines import path_lines
from flopod_tui.run_rows import RunRows
from flopod_tui.run_view import RunView
from flopod_tui.widgets.hint_bar import Hint, hint_spans
from tui.store import APPROVAL, NOW, RESEARCH, Story, failing, importing, waiting


def run(number: int, status: Status = Status.OK) -> RunSummary:
    """Return a run; the higher its number, the newer it is."""
    at = NOW + timedelta(seconds=number)
    return RunSummary(run_id=f"run-{number}", workflow="order", status=status, submitted_at=at)


def held(rows: RunRows) -> list[str]:
    return [one.run_id for one in rows.runs]


def test_a_new_run_goes_on_top_and_a_changed_one_stays_where_it_is() -> None:
    rows = RunRows()
    rows.replace([run(3), run(2), run(1)], complete=True)
    rows.change([run(4), run(2, Status.ERROR)], RunFilter())
    assert held(rows) == ["run-4", "run-3", "run-2", "run-1"]
    assert rows.runs[2].status is Status.ERROR


def test_a_run_that_the_filter_no_longer_takes_leaves() -> None:
    rows = RunRows()
    rows.replace([run(2, Status.WAITING), run(1, Status.WAITING)], complete=True)
    rows.change([run(2, Status.OK)], RunFilter(FACETS[1]))
    assert held(rows) == ["run-1"]


def test_a_run_older_than_what_is_loaded_waits_for_its_page() -> None:
    rows = RunRows()
    rows.replace([run(9), run(8)], complete=False)
    rows.change([run(1)], RunFilter())
    assert held(rows) == ["run-9", "run-8"]


def test_the_next_page_is_added_below_and_nothing_twice() -> None:
    rows = RunRows()
    rows.replace([run(3), run(2)], complete=False)
    rows.extend([run(2), run(1)], complete=True)
    assert held(rows) == ["run-3", "run-2", "run-1"]


def test_all_words_of_a_filter_must_be_found() -> None:
    assert RunFilter(text="ORD run-7").takes(run(7))
    assert not RunFilter(text="order nothing").takes(run(7))
    assert RunFilter(text="a longest x").search == "longest"


def test_every_status_belongs_to_exactly_one_facet() -> None:
    taken = [status for facet in FACETS for status in facet.statuses]
    assert sorted(taken) == sorted(Status)


def test_many_finished_items_are_one_line_and_the_one_at_work_is_seen() -> None:
    view = RunView.of(importing("r", timedelta(minutes=4), done=60).events)
    lines = path_lines(view.root, {})
    assert [line.node.path for line in lines] == [
        "",
        "process",
        "process[0]",
        "process[60]",
        "process[60]/enrich",
    ]
    assert len(lines[2].group) == 60


def test_a_folded_group_opens_and_a_node_folds() -> None:
    view = RunView.of(importing("r", timedelta(minutes=4), done=30).events)
    assert len(path_lines(view.root, {"process[0]…": True})) > 30
    assert len(path_lines(view.root, {"process": False})) == 2


def test_a_failure_is_never_folded_away() -> None:
    view = RunView.of(failing("r", timedelta(hours=2)).events)
    paths = [line.node.path for line in path_lines(view.root, {})]
    assert "expedition[2]/classify" in paths


def test_variables_stand_in_the_state_and_not_among_the_paths() -> None:
    view = RunView.of(waiting("r", timedelta(hours=2)).events)
    assert not {"total", "items", "counts"} & {line.key for line in path_lines(view.root, {})}
    assert view.state.variables["total"].value == 42
    assert view.state.variables["items"].value == ["bulbasaur", "charmander", "squirtle"]


def test_an_event_that_is_known_is_not_taken_twice() -> None:
    view = RunView()
    story = Story("r", timedelta(hours=1)).begin("order")
    for event in [*story.events, *story.events]:
        view.after(event)
    assert view.last_seq == 2
    assert len(view.events) == 2


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{\n  "by": "alice\n}', 2, 15, "not closed on its line"),
        ('{"by": }', 1, 8, "a value is missing"),
        ('{"by": 1,}', 1, 10, "key in double quotes"),
        ('{"by" 1}', 1, 7, "colon"),
        ("[1 2]", 1, 4, "comma"),
        ("1 2", 1, 3, "ended"),
    ],
)
def test_wrong_json_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    parsed = parse(text)
    assert (parsed.line, parsed.column) == (line, column)
    assert words in parsed.problem


def test_nothing_typed_means_null() -> None:
    assert parse("  \n").value is None
    assert parse("  \n").problem == ""


def test_json_nested_beyond_all_measure_is_refused_and_nothing_breaks() -> None:
    assert parse("[" * 100_000).problem == "nested too deeply"


def test_an_example_payload_has_the_fields_that_are_needed() -> None:
    assert parse(skeleton(APPROVAL)).value == {"by": ""}


def test_a_form_has_a_field_for_each_part_of_the_input() -> None:
    fields = fields_of(RESEARCH.schema)
    assert fields is not None
    assert [(field.name, field.kind) for field in fields] == [
        ("region", "text"),
        ("limit", "integer"),
        ("depth", "choice"),
        ("publish", "boolean"),
        ("tags", "json"),
    ]


def test_what_is_typed_into_the_fields_becomes_the_input() -> None:
    fields = fields_of(RESEARCH.schema) or []
    typed = {"region": "kanto", "limit": "12", "depth": '"thorough"', "tags": '["a"]'}
    value = read_fields(fields, typed)
    expected = {"region": "kanto", "limit": 12, "depth": "thorough", "publish": True, "tags": ["a"]}
    assert value == expected
    assert typed_from(fields, value)["region"] == "kanto"


@pytest.mark.parametrize("wrong", [{"limit": "many"}, {"limit": "1.5"}, {"tags": "[,"}])
def test_a_field_says_what_it_takes(wrong: dict[str, str]) -> None:
    fields = fields_of(RESEARCH.schema) or []
    with pytest.raises(FieldError, match="must be"):
        read_fields(fields, {"region": "kanto", **wrong})


def test_a_needed_text_must_be_typed_and_an_optional_one_is_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["name"],
    }
    name, note = fields_of(schema) or []
    assert note.read("") is ABSENT
    with pytest.raises(FieldError, match="is needed"):
        name.read("")


def test_an_input_that_is_no_object_is_typed_as_json() -> None:
    assert fields_of({"type": "integer"}) is None
    assert fields_of(None) is None


def test_the_hint_bar_shows_whole_items_and_counts_the_others() -> None:
    hints = [Hint("Enter", "Open"), Hint("/", "Filter"), Hint("D", "Deliver", changes=True)]
    end = [Hint("?", "Help"), Hint("q", "Quit")]
    wide = "".join(text for text, _ in hint_spans(hints, 60, end))
    assert "Enter Open  / Filter   │ D Deliver" in wide
    assert wide.endswith("? Help  q Quit ")
    narrow = "".join(text for text, _ in hint_spans(hints, 34, end))
    assert "Help +2" in narrow
    assert "Filter" not in narrow
    assert len(narrow) == 34


def test_a_value_too_deep_to_read_does_not_stop_the_list() -> None:
    event = Event(ev.ActivityCompleted(output=encoded(list(range(1000)))), "a", NOW, 1)
    assert RunView.of([event]).last_seq == 1
