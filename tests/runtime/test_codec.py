"""What is stored comes back as it was, type included; what cannot be stored is refused by name."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import json
import sys
import threading
from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.codec import decode, encode
from flopod.errors import FlopodError, SerializableError
from runtime.strictly import same

BERLIN = ZoneInfo("Europe/Berlin")

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, -(2**53), 2**64, 10**4_500, -(10**4_500),
    0.0, -0.0, 1.0, 1e22, 1e-7, 5e-324, sys.float_info.max, float("nan"),
    float("inf"), float("-inf"),
    "", "a", "é😀\u2028\u2029\x00\x7f\ufeff", "\ud800", "a\udfffb", "\ud83d\ude00",
    "\\ud800", "</script>", b"", b"\x00\xff", (), (1,), ((),), [], [[]], [True, 1, 1.0, "1"], {},
    {"": {}}, set(),
    frozenset(), {1, "1", None}, {(1, 2), frozenset({3})}, {float("nan")}, {-0.0}, {"a", "b\ud800"},
    {1: "int", "1": "str", (1,): "tuple", None: "none", b"1": "bytes"}, {True: 1}, {1.5: {2: 3}},
    {datetime(2026, 1, 1, tzinfo=UTC): 1, date(2026, 1, 1): 2, Decimal("1.50"): 3},
    {"a.b": {1}, "\\.": {2}, "\\": {3}, ".": {4}, "": {5}, "a\\.b": {6}, "a": {"b": {7}}},
    {"__proto__": 1, "constructor": 2, "prototype": [3]},
    {"__proto__": {1}, "x": {"constructor": (1,)}}, {"\ud800": 1, "b": {2}},
    {"json": 1, "meta": {"values": ["Date"], "v": 1}}, {"json": {1}, "meta": {2}},
    ["Date"], [["custom", "tuple"]], {"0": (1,), "10": (2,), "2": (3,), "b": (4,)},
    datetime(2026, 11, 22, 13, 0, 0, 123_000, UTC), datetime(2026, 11, 22, 13, 0, 0, 123_456, UTC),
    datetime(1, 1, 1, tzinfo=UTC), datetime.max, datetime(2026, 1, 1, fold=1),
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30, seconds=7))),
    datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
    datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
    datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
    date.min, date.max, time(1, 2, 3, 4), time(1, 2, fold=1), time(1, tzinfo=UTC),
    time(2, tzinfo=BERLIN),
    timedelta(0), timedelta.min, timedelta.max, timedelta(microseconds=-1),
    Decimal("1.10"), Decimal("-0"), Decimal("1E+30"), Decimal("NaN"), Decimal("sNaN12"),
    Decimal("-Infinity"),
    UUID(int=0), UUID("12345678-1234-5678-1234-567812345678"),
    [({"a": [{(1, frozenset({b"x"})): [timedelta(1)]}]},)],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(type(value).__name__))
def test_what_comes_back_equals_what_went_in(value: Any) -> None:
    assert same(decode(encode(value)), value)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from(["__proto__", "constructor", "json", "meta", "a.b", "\\.", "0", "10", "2"])
    | st.binary()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.dates()
    | st.times(timezones=st.none() | st.just(UTC))
    | st.timedeltas()
    | st.decimals()
    | st.uuids()
)
keys = st.recursive(
    scalars.filter(lambda key: not (isinstance(key, Decimal) and key.is_snan())),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
values = st.recursive(
    scalars | st.sets(keys, max_size=4) | st.frozensets(keys, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_any_storable_value_comes_back(value: Any) -> None:
    text = encode(value)
    assert same(decode(text), value)
    assert encode(decode(text)) == text


@given(values)
def test_a_stored_value_lies_unread_in_a_larger_json_text(value: Any) -> None:
    text = encode(value)
    record = f'{{"data":{text},"seq":1}}'.encode()
    assert b"\n" not in record
    raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode(record)["data"]
    assert bytes(raw).decode() == text


@given(values)
def test_the_stored_form_is_json_for_every_reader(value: Any) -> None:
    stored = json.loads(encode(value), parse_constant=pytest.fail)
    assert stored.keys() in ({"json"}, {"json", "meta"})


def test_a_set_has_the_same_text_whatever_its_order() -> None:
    forwards = {f"tag-{n}" for n in range(100)}
    backwards = {f"tag-{n}" for n in reversed(range(100))}
    assert encode(forwards) == encode(backwards)


class Session:
    pass


@dataclasses.dataclass
class User:
    session: object


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    pass


Point = namedtuple("Point", "x y")


def refusal(value: object, where: str = "result") -> str:
    with pytest.raises(SerializableError) as caught:
        encode(value, where)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _generator() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("value", "begins"),
    [
        (Session(), "result is a Session, which cannot be stored"),
        ({"user": User(Session())}, "result['user'].session is a Session, which cannot be stored"),
        ({"user": [1, User("x")]}, "result['user'][1] is a User; say so where it is received"),
        ([1, 2, 3, Session()], "result[3] is a Session"),
        ({"a.b\n": {"[]": Session()}}, "result['a.b\\n']['[]'] is a Session"),
        ({7: Session()}, "result[7] is a Session"),
        ({(1, 2): Session()}, "result[a tuple] is a Session"),
        ({Session(): 1}, "a key of result is a Session"),
        ({"x": {1, ("y", Session)}}, "a member of result['x'][1] is a type"),
        (Colour.RED, "result is a Colour; say so where it is received (type=Colour)"),
        (Level.LOW, "result is a Level; say so"),
        (Point(1, 2), "result is a Point; say so"),
        (Text("x"), "result is a Text, a subclass of str; store str(…) instead"),
        (OrderedDict(), "result is an OrderedDict, a subclass of dict"),
        (_generator(), "result is a generator, which cannot be stored; store list(…)"),
        (range(3), "result is a range, which cannot be stored; store list(…)"),
        (bytearray(b"x"), "result is a bytearray, which cannot be stored; store bytes(…)"),
        (ValueError("x"), "result is a ValueError, which cannot be stored"),
        (threading.Lock(), "result is a lock"),
        (sys.stderr, "result is a"),
        (len, "result is a builtin_function_or_method"),
        (lambda: 1, "result is a function"),
        (User, "result is a type"),
        (1j, "result is a complex"),
        (..., "result is an ellipsis"),
        (10**60_000, "result is an integer of more than 50000 digits"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_cannot_be_stored_is_refused_by_place_and_type(value: object, begins: str) -> None:
    assert refusal(value).startswith(begins)


async def test_a_coroutine_is_refused_with_a_reminder_to_await_it() -> None:
    coroutine = asyncio.sleep(0)
    assert "await it and store its result" in refusal({"later": coroutine})
    await coroutine


def test_a_cycle_is_refused_where_it_closes() -> None:
    looped: list[object] = [1]
    looped.append({"again": looped})
    assert refusal(looped).startswith("result[1]['again'] contains itself")


def test_an_instance_that_refers_to_itself_is_refused_soon() -> None:
    colours = [Colour.RED]
    user = User([colours, colours])
    user.session = {"a": user, "b": [user, User(user), {"c": user}], "d": colours, "e": colours}
    assert refusal([user, user]).startswith("result[0] is a User; say so where it is received")
    chain = User(1)
    for _ in range(100_000):
        chain = User(chain)
    assert refusal(chain).startswith("result is a User; say so")


def test_a_value_may_hold_the_same_object_twice() -> None:
    shared = [(1,)]
    assert decode(encode([shared, shared, {"x": shared}])) == [[(1,)], [(1,)], {"x": [(1,)]}]


def nested(levels: int, wrap: Any) -> Any:
    value = wrap(None)
    for _ in range(levels - 1):
        value = wrap(value)
    return value


WRAPS = [
    lambda v: [v],
    lambda v: {"a": v},
    lambda v: (v,),
    lambda v: {1: v},
    lambda v: frozenset({v}),
]


@pytest.mark.parametrize("wrap", WRAPS)
def test_two_hundred_levels_are_stored_and_one_more_is_refused(wrap: Any) -> None:
    assert decode(encode(nested(200, wrap))) == nested(200, wrap)
    message = refusal(nested(201, wrap))
    assert "is nested more than 200 levels deep" in message
    assert len(message) < 400


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_depth_that_the_stack_could_not_bear_is_refused(wrap: Any) -> None:
    if wrap(None) != frozenset({None}):
        assert "200 levels deep" in refusal(nested(100_000, wrap))


def test_the_limit_is_sixteen_mebibytes() -> None:
    assert len(encode("x" * (16 * 2**20 - 100))) < 16 * 2**20
    for value in ("x" * 16 * 2**20, b"x" * 9 * 2**20, ["x" * 2**20] * 17, {"x" * 17 * 2**20: (1,)}):
        message = refusal(value)
        assert message.startswith("result takes more than 16777216 bytes when stored")
        assert "FLOPOD_MAX_VALUE_BYTES" in message


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOPOD_MAX_VALUE_BYTES", "100")
    assert encode("x" * 80)
    for value in ("x" * 100, "é" * 60, ["x" * 50] * 2, ("x" * 60, 1)):
        assert "more than 100 bytes" in refusal(value)
    monkeypatch.setenv("FLOPOD_MAX_VALUE_BYTES", "16M")
    with pytest.raises(FlopodError, match="FLOPOD_MAX_VALUE_BYTES is '16M'; give a number"):
        encode([1])


def test_what_would_explode_when_written_out_is_refused_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOPOD_MAX_VALUE_BYTES", "100000")
    for leaf in (1, (1,)):
        value: Any = leaf
        for _ in range(100):
            value = [value, value]
        assert "more than 100000 bytes" in refusal(value)


def test_a_zone_without_a_name_is_refused() -> None:
    class Odd(tzinfo):
        def utcoffset(self, at: object) -> timedelta:
            return timedelta(hours=1)

    assert "has a time zone of type Odd" in refusal(datetime(2026, 1, 1, tzinfo=Odd()))


def test_the_deepest_value_is_stored_from_deep_in_a_program() -> None:
    def call(levels: int) -> str:
        return call(levels - 1) if levels else encode(nested(200, WRAPS[3]))

    assert decode(call(300)) == nested(200, WRAPS[3])
    with pytest.raises(SerializableError, match="nested too deeply to be stored from here"):
        call(700)
