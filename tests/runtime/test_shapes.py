"""An author's own types: plain in the log, themselves again where the type is said."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest

from flopod.codec import decode, encode
from flopod.errors import InvalidPayloadError, SerializableError
from flopod.shapes import convert, reduce
from runtime.author_types import (
    Colour,
    Holder,
    Key,
    Line,
    Mixed,
    Order,
    Patch,
    Point,
    Renamed,
    Right,
    Row,
    Secret,
    Site,
)

AT = datetime(2026, 11, 22, 13, tzinfo=UTC)
ORDER = Order(
    by="ann",
    at=AT,
    total=Decimal("9.90"),
    id=UUID(int=7),
    colours=[Colour.RED, Colour.BLUE],
    tags=frozenset({"a"}),
    pairs=((1, "x"),),
    counts={1: Point(2, 3)},
    by_colour={Colour.BLUE: 1},
    keys={Key("k")},
    blob=b"\x00\xff",
    wait=timedelta(seconds=5),
    lines=[Line(sku="s", qty=2, price=Decimal("1.10"))],
    parent=Order("bob", AT),
)


@pytest.mark.parametrize(
    ("value", "type"),
    [
        (ORDER, Order),
        ([ORDER, ORDER], list[Order]),
        ({"a": ORDER}, dict[str, Order]),
        ({"by": "ann", "order": ORDER}, Patch),
        (None, Order | None),
        (Colour.RED, Colour),
        (Mixed.PAIR, Mixed),
        (Right.READ | Right.WRITE, Right),
        (Point(1, 2), Point),
        (Line(sku="s"), Line),
        ([Line(sku="s", qty=3)], list[Line]),
        (Site(url="https://example.com/", lines=[Line(sku="s")], colour=Colour.BLUE), Site),
        (Renamed("ann", ORDER), Renamed),
        (Row(1, {2}), Row),
        ({1: "a", 2: "b"}, dict[int, str]),
        ({Key("a")}, set[Key]),
        ((1, "a", AT), tuple[int, str, datetime]),
        (5, int),
        (1.0, float),
        ("x", Literal["x", "y"]),
        ([1, (2,), {3}, {4: b"5"}], Any),
        ({1: "a", "1": "b"}, dict[int | str, str]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_of_a_type_comes_back_as_that_type(value: Any, type: Any) -> None:
    back = convert(decode(encode(reduce(value, type))), type, "result")
    assert back == value
    assert repr(back) == repr(value)
    assert convert(value, type, "result") == value


def test_neither_pydantic_nor_jsonschema_is_loaded_before_it_is_needed() -> None:
    look = "import sys, flopod.shapes; print({'pydantic', 'jsonschema'} & set(sys.modules))"
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-c", look],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "set()\n"


def test_without_a_type_nothing_is_reduced() -> None:
    value = [ORDER]
    assert reduce(value) is value
    with pytest.raises(SerializableError, match="is an Order; say so where it is received"):
        encode(reduce(value), "result")


def test_json_is_taken_for_what_json_lacks() -> None:
    stored = {"by": "ann", "at": "2026-11-22T13:00:00Z", "total": "1.5", "counts": {"1": [2]}}
    order = convert(stored, Order, "input")
    assert (order.at, order.total, order.counts) == (AT, Decimal("1.5"), {1: Point(2)})


@pytest.mark.parametrize(
    ("value", "type", "reason"),
    [
        ("5", int, "Expected int, got str at $"),
        (True, int, "Expected int, got bool at $"),
        (1.5, int, "Expected int, got float at $"),
        ({"at": AT}, Order, "Object missing required field by at $"),
        ({"by": 1, "at": AT}, Order, "Expected str, got int at $.by"),
        ([{"by": "a", "at": AT, "pairs": [[1, 2]]}], list[Order], "at $[0].pairs[0][1]"),
        ({"by": "a", "at": AT, "colours": ["green"]}, Order, "Invalid enum value 'green' at $."),
        ("green", Colour, "'green' is not a valid Colour at $"),
        ({"qty": 1}, Line, "Field required at $.sku"),
        ({"sku": 1, "qty": "x"}, Line, "Input should be a valid string (and 1 more) at $.sku"),
        ({"url": "https://a.b", "lines": [{}]}, Site, "Field required at $.lines[0].sku"),
        ({"by": "a", "at": AT, "lines": [{"sku": "s"}, {}]}, Order, "at $.lines[1].sku"),
        ("z", Literal["x", "y"], "Invalid enum value 'z' at $"),
        (1, Path, "Expected Path, got int at $"),
        (1, "Order", "the type Order cannot be used: "),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_with_the_place(value: Any, type: Any, reason: str) -> None:
    with pytest.raises(InvalidPayloadError) as caught:
        convert(value, type, "payload of 'approve'")
    assert str(caught.value).startswith("payload of 'approve': ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_part_that_cannot_be_stored_is_named_by_its_place() -> None:
    with socket.socket() as session:
        for value, place in [
            ({"user": Holder(session)}, "result['user'].inner"),
            ([Holder({"a": (session,)})], "result[0].inner['a'][0]"),
            (Holder(Holder(session)), "result.inner.inner"),
            ({Holder(1).inner: session}, "result[1]"),
        ]:
            with pytest.raises(SerializableError) as caught:
                reduce(value, Any, "result")
            assert str(caught.value).startswith(f"{place} is a socket, which cannot be stored")


def test_a_secret_is_refused_rather_than_stored_as_stars() -> None:
    with pytest.raises(SerializableError, match=r"^result\.token is a SecretStr"):
        reduce(Secret(token="hunter2"), Secret, "result")


def test_an_instance_is_no_key() -> None:
    with pytest.raises(SerializableError, match=r"^a key of result is a Key"):
        reduce({Key("a"): 1}, dict[Key, int], "result")


def test_cycles_and_depths_are_refused() -> None:
    holder = Holder(None)
    holder.inner = [holder]
    with pytest.raises(SerializableError, match=r"^result\.inner\[0\] contains itself"):
        reduce(holder, Holder, "result")
    deep: Any = None
    for _ in range(100_000):
        deep = Holder(deep)
    with pytest.raises(SerializableError, match="200 levels deep"):
        reduce(deep, Holder)


def test_what_is_shared_is_walked_once() -> None:
    value: Any = ORDER
    for _ in range(100):
        value = [value, value]
    assert isinstance(reduce(value, Any), list)


def test_a_model_that_only_has_json_may_be_shared() -> None:
    site = Site(url="https://example.com/")
    assert convert(reduce([site, site], list[Site]), list[Site], "x") == [site, site]


def test_two_hundred_levels_of_instances_are_reduced() -> None:
    deep: Any = None
    for _ in range(200):
        deep = Holder(deep)
    assert encode(reduce(deep, Holder))
