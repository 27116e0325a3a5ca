"""What stands under a secret's name is on no screen, in no copy and in no export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod import events as ev
from flopod.events import Event, Fact
from flopod.state import Variable
from flopod.stored import encoded
from flopod_tui.run.detail_text import event_detail, variable_detail
from flopod_tui.run.event_text import event_words
from flopod_tui.run.log_lines import log_line, whole_line
from flopod_tui.run.subject import of_event, of_variable, pretty
from flopod_tui.settings.model import SECRETS
from flopod_tui.text.format import json_line
from flopod_tui.text.json_tokens import json_spans, tokens
from flopod_tui.values.glance import brief_value
from flopod_tui.values.lines import Outline
from flopod_tui.values.masking import MASK, Masking
from flopod_tui.values.spans import line_spans
from tui.store import NOW

TELLTALE = "hunter2"
NAMES = st.sampled_from(["token", "API-Key", "apiKey", "password2", "Authorization", "a secret"])
PLAIN_NAMES = st.sampled_from(["a", "b", "name", "items", "x.y", "ключ", ""])
SECRET = st.sampled_from([TELLTALE, [TELLTALE], {"deep": {"er": TELLTALE}}, [1, [TELLTALE]]])
OPEN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN_NAMES, inner, max_size=3),
    max_leaves=10,
)
MAPS = st.dictionaries(NAMES, SECRET, min_size=1, max_size=2)
VALUES = st.recursive(
    st.tuples(st.dictionaries(PLAIN_NAMES, OPEN, max_size=3), MAPS).map(lambda two: two[0] | two[1])
    | MAPS.map(lambda secrets: {1: "a number makes it a map", **secrets}),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(PLAIN_NAMES, inner, min_size=1, max_size=3)
        | inner.map(lambda one: (one, {"when": NOW}))
    ),
    max_leaves=5,
)


def facts(value: Any) -> Iterator[Fact]:
    """Yield a fact of every kind that holds a value."""
    stored = encoded(value)
    yield ev.RunSubmitted(workflow="w", input=stored)
    yield ev.ActivityCompleted(output=stored)
    yield ev.RunCompleted(output=stored)
    yield ev.EachItemCompleted(output=stored)
    yield ev.EventDelivered(event="e", payload=stored, delivery_id="d")
    yield ev.VarSet(value=stored)
    yield ev.ListSet(pushed=stored)
    yield ev.MapSet(put=encoded(["key", value]))
    yield ev.LogEmitted(level="info", message="m", fields=stored)


def shown(value: Any, masking: Masking) -> Iterator[str]:
    """Yield every text in which a value is shown, copied or exported."""
    stored = encoded(value)
    for one in (stored, value):
        outline = Outline(one, masking)
        outline.open_all()
        for index, line in enumerate(outline.lines):
            yield "".join(text for text, _ in line_spans(line))
            yield outline.pretty(index)
            yield outline.plain_text(index) or ""
    yield json_line(stored, 5000, masking)
    yield json_line(stored, 20, masking)
    yield brief_value(value, masking)
    yield from _texts(variable_detail("total", Variable("var", value, 1), 100, masking))


def told(event: Event, masking: Masking) -> Iterator[str]:
    """Yield every text in which an event is shown, copied or exported."""
    yield log_line(event, masking, 80)
    yield log_line(event, masking, 5000)
    yield whole_line(event, masking)
    yield from _texts(event_detail(event, 100, masking))
    yield event_words(event)
    looked_at = of_event(event, "r1", masking)
    if looked_at.holds:
        yield Outline(looked_at.value, masking).pretty(0)
        yield pretty(looked_at.value, masking)


def _texts(rows: Any) -> Iterator[str]:
    return ("".join(text for text, _ in row) for row in rows)


@given(VALUES)
def test_no_text_of_any_view_has_a_masked_value_in_it(value: Any) -> None:
    for text in shown(value, Masking()):
        assert TELLTALE not in text
    for seq, fact in enumerate(facts(value), 1):
        for text in told(Event(fact, "path", NOW, seq), Masking()):
            assert TELLTALE not in text


@given(VALUES)
def test_revealed_it_is_there_again(value: Any) -> None:
    revealed = Masking(revealed=True)
    assert TELLTALE in Outline(encoded(value), revealed).pretty(0)
    assert revealed.masked(value) is value


@given(VALUES)
def test_masking_a_value_changes_nothing_in_the_value_itself(value: Any) -> None:
    before = repr(value)
    Masking().masked(value)
    assert repr(value) == before


PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(PLAIN_NAMES | NAMES | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN_JSON, st.booleans(), st.sampled_from([None, 2]))
def test_a_text_and_the_value_that_it_holds_are_masked_alike(
    value: Any, escape: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=escape, indent=indent)
    assert json.loads(Masking().masked_text(text)) == Masking().masked(value)


@given(VALUES, st.integers(0, 300))
def test_a_text_that_is_cut_anywhere_is_masked_as_far_as_it_goes(value: Any, length: int) -> None:
    text = bytes(encoded(value)).decode()[:length]
    assert TELLTALE not in Masking().masked_text(text)


@given(st.text())
def test_a_text_that_is_no_json_is_masked_without_an_error(text: str) -> None:
    if not any(char in text for char in ':,"'):
        assert Masking().masked_text(text) == text
    Masking().masked_text(text)


def test_a_name_that_is_written_with_escapes_is_known_all_the_same() -> None:
    assert Masking().masked_text(r'{"t\u006fken": "abc"}') == rf'{{"t\u006fken": "{MASK}"}}'


def test_a_pattern_may_ask_for_the_whole_name() -> None:
    masking = Masking(patterns=("^pin$",))
    assert masking.masked_text('{"pin": 1, "pins": 2}') == f'{{"pin": "{MASK}", "pins": 2}}'
    assert masking.masked({"pin": 1, "pins": 2}) == {"pin": MASK, "pins": 2}


def test_without_patterns_nothing_is_masked() -> None:
    masking = Masking(patterns=())
    assert masking.masked({"token": 1}) == {"token": 1}
    assert masking.masked_text('{"token": 1}') == '{"token": 1}'


@pytest.mark.parametrize(
    "name", ["token", "refresh_token", "API_KEY", "api-key", "passwd", "Secret"]
)
def test_these_names_look_secret(name: str) -> None:
    assert Masking(SECRETS).hides(name)


@pytest.mark.parametrize("name", ["name", "key", "monkey", 1, None, ("token",)])
def test_these_do_not(name: object) -> None:
    assert not Masking(SECRETS).hides(name)


def test_a_variable_with_a_secret_name_shows_nothing_of_what_it_holds() -> None:
    masking, variable = Masking(), Variable("var", TELLTALE, 3)
    assert of_variable("token", variable, "r1", 3, masking).value == MASK
    assert TELLTALE not in str(list(_texts(variable_detail("token", variable, 80, masking))))
    for fact in (
        ev.VarSet(value=encoded(TELLTALE)),
        ev.ListSet(pushed=encoded([TELLTALE])),
        ev.MapSet(put=encoded(["k", TELLTALE])),
    ):
        event = Event(fact, "login/token", NOW, 3)
        masked = [log_line(event, masking, 500), whole_line(event, masking)]
        masked += _texts(event_detail(event, 80, masking))
        assert TELLTALE not in "".join(masked)


def test_a_path_on_the_way_to_a_variable_makes_no_secret_of_it() -> None:
    assert not Masking().hides_variable("get-token/count")


def test_a_line_without_secrets_is_exported_as_the_store_writes_it() -> None:
    from flopod.records import line

    event = Event(ev.ActivityCompleted(output=encoded({"b": [1, 2.5, "ü\n"]})), "a[0]/b", NOW, 3)
    assert whole_line(event, Masking()).encode() == line(event)


@given(st.text(alphabet='{}[],:"\\ \n1aé'))
def test_the_tokens_of_any_text_are_the_text(text: str) -> None:
    assert "".join(token.text for token in tokens(text)) == text
    assert "".join(piece for piece, _ in json_spans(text)) == text
