"""The rooms under the lists: which runs are held, which lines the tree has, what forms ask."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_tui.forms.fields import ABSENT, FieldError, fields_of, read_fields, typed_from
from flopod_tui.run.view import RunView
from flopod_tui.text.json_text import parse, skeleton
from flopod_tui.widgets.hint_bar import Hint, hint_spans
from tui.store import APPROVAL, NOW, RESEARCH, Story


def test_an_event_that_is_known_is_not_taken_twice() -> None:
    view = RunView()
    story = Story("r", timedelta(hours=1)).begin("order")
    for event in [*story.events, *story.events]:
        view.take([event])
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
