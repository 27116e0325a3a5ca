"""The stored form is superjson's: its texts are read, its bytes are written."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.codec import decode, encode
from flopod.errors import SerializableError
from runtime.strictly import same

CORPUS: dict[str, str] = {
    case["name"]: case["text"]
    for case in json.loads(
        Path(__file__).with_name("superjson_corpus.json").read_text(encoding="utf-8")
    )["cases"]
}
AT = datetime(2026, 11, 22, 13, 0, 0, 123_000, UTC)
SHARED = {"x": AT}


def ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


BOTH_WAYS: dict[str, Any] = {
    "null": None,
    "true": True,
    "an integer": 42,
    "a fraction": 0.5,
    "a string": 'héllo \u2028 "q" \\ / \b\f\n\r\t\u0001\u007f 😀',
    "a list": [1, "a", None, [], {}],
    "an object": {"a": 1, "b": {"c": [True]}},
    "a date": AT,
    "a date of year 1": datetime(1, 1, 1, tzinfo=UTC),
    "dates within": {"a": AT, "b": [AT, {"c": AT}]},
    "a list with mixed depths of tags": [AT, {"a": AT}, AT, [[AT]]],
    "numeric keys": {"1": ms(5), "2": {"a": ms(6)}, "10": ms(7), "b": ms(8)},
    "a set": {1, 2, 3},
    "a set of dates": {ms(0)},
    "an empty set": set(),
    "a map": {1: "a", "1": "b"},
    "a map of maps": {1: {2: {3}}, ms(9): {"x": ms(10)}},
    "a map with tags inside its values": {"m": {1: [ms(1), {"a": ms(2)}]}},
    "a bigint": 12345678901234567890,
    "a negative bigint": [-(2**60)],
    "2^53": 2**53,
    "safe integers": [2**53 - 1, 1 - 2**53],
    "numbers JSON lacks": [math.nan, math.inf, -math.inf, -0.0],
    "bytes": b"\x00\x01\xff",
    "no bytes": b"",
    "awkward keys": {
        "a.b": AT, "c\\d": {"e.": AT}, "": AT, " ": AT, "json": AT, "meta": {"v": AT},
        "\\.": AT, "a\\.b": AT, "..": AT,
    },
}  # fmt: skip
"""What both have: superjson's text is read as this, and this is written as superjson's text."""

READ_ONLY: dict[str, Any] = {
    "undefined": None,
    "an empty map": {},
    "other typed array": [-1, 2],
    "a regexp": "/a\\/b+/gi",
    "a url": "https://example.com/a?b=c#d",
    "an error": {"name": "TypeError", "message": "boom"},
    "undefined within": {"a": None, "b": [None, 1]},
    "a lone surrogate": ["\ud800", "a\udfffb"],
    "shared": {"a": SHARED, "b": SHARED, "c": [SHARED]},
    "shared inside map and set": {"m": {1: [{1}]}, "s": {"q"}, "l": [{1}]},
    "shared once only": {"first": SHARED, "again": {"deep": SHARED}},
    "shared map rows, once only": [{"k": SHARED}, SHARED],
    "an error with a cause": {
        "e": {"name": "Error", "message": "a", "cause": {"name": "Error", "message": "b"}}
    },
}
REFUSED = {
    "a cycle": "contains itself",
    "an inner cycle": "contains itself",
    "a map whose key is a list": "under the tag 'map'",
    "a set of objects": "under the tag 'set'",
}


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_both_write_the_same_bytes(name: str) -> None:
    assert encode(BOTH_WAYS[name]) == CORPUS[name]


@pytest.mark.parametrize("name", [*BOTH_WAYS, *READ_ONLY])
def test_what_superjson_wrote_is_read(name: str) -> None:
    expected = BOTH_WAYS[name] if name in BOTH_WAYS else READ_ONLY[name]
    assert same(decode(CORPUS[name]), expected)


@pytest.mark.parametrize("name", REFUSED)
def test_what_python_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(SerializableError, match=REFUSED[name]):
        decode(CORPUS[name])


def test_the_whole_corpus_is_used() -> None:
    assert CORPUS.keys() == BOTH_WAYS.keys() | READ_ONLY.keys() | REFUSED.keys()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, 2), '{"json":[1,2],"meta":{"values":[["custom","tuple"]],"v":1}}'),
        (1.0, '{"json":1.0}'),
        ([(AT,)], '{"json":[["2026-11-22T13:00:00.123Z"]],"meta":{"values":'
                  '{"0":[["custom","tuple"],{"0":["Date"]}]},"v":1}}'),
        ({"x": {(AT,): 1}}, '{"json":{"x":[[["2026-11-22T13:00:00.123Z"],1]]},"meta":{"values":'
                            '{"x":["map",{"0.0":[["custom","tuple"],{"0":["Date"]}]}]},"v":1}}'),
        ({"constructor": 1}, '{"json":{"constructor":1}}'),
        ({"constructor": {1}}, '{"json":[["constructor",[1]]],"meta":{"values":'
                               '["map",{"0.1":["set"]}],"v":1}}'),
        ("\ud800", '{"json":[55296],"meta":{"values":[["custom","codepoints"]],"v":1}}'),
    ],
)  # fmt: skip
def test_the_form_of_what_only_python_has_stays_as_it_is(value: Any, text: str) -> None:
    assert encode(value) == text


def test_the_keys_of_the_tags_are_in_the_order_of_a_javascript_object() -> None:
    tags = json.loads(encode([AT, {"a": AT}, AT]))["meta"]["values"]
    assert list(tags) == ["0", "2", "1.a"]


def test_texts_of_version_0_have_other_paths() -> None:
    text = '{"json":{"a\\\\b":{"c.d":"1"}},"meta":{"values":{"a\\\\b.c\\\\.d":["bigint"]}}}'
    assert decode(text) == {"a\\b": {"c.d": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        "{",
        "{}",
        '{"json":1}x',
        '{"meta":{}}',
        '{"json":1,"other":2}',
        '{"json":NaN}',
        '{"json":1e999}',
        '{"json":"\\ud800",}',
        '{"json":["\\ud800",Infinity]}',
        '{"json":' + "9" * 5_000 + "}",
        '{"json":["\\ud800",' + "9" * 5_000 + "]}",
        "[" * 100_000,
        '{"json":' + "[" * 500 + "]" * 500 + "}",
        '{"json":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"json":"\\ud800' + "[" * 100_000,
        '{"json":1,"meta":null}',
        '{"json":1,"meta":{"values":1}}',
        '{"json":1,"meta":{"values":[]}}',
        '{"json":1,"meta":{"values":["Date"],"v":"x"}}',
        '{"json":1,"meta":{"values":["Date",{},1],"v":1}}',
        '{"json":1,"meta":{"values":["Date",[]],"v":1}}',
        '{"json":1,"meta":{"values":["Date"],"v":1}}',
        '{"json":"2026-11-22","meta":{"values":["Date"],"v":1}}',
        '{"json":"+010000-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1}}',
        '{"json":"x","meta":{"values":["bigint"],"v":1}}',
        '{"json":"1_0","meta":{"values":["bigint"],"v":1}}',
        '{"json":"' + "9" * 60_000 + '","meta":{"values":["bigint"],"v":1}}',
        '{"json":"1","meta":{"values":["number"],"v":1}}',
        '{"json":[[]],"meta":{"values":["set"],"v":1}}',
        '{"json":[1,1],"meta":{"values":["set"],"v":1}}',
        '{"json":[1,true],"meta":{"values":["set"],"v":1}}',
        '{"json":[[1,2],[true,3]],"meta":{"values":["map"],"v":1}}',
        '{"json":[[1]],"meta":{"values":["map"],"v":1}}',
        '{"json":["ab"],"meta":{"values":["map"],"v":1}}',
        '{"json":"abc","meta":{"values":["set"],"v":1}}',
        '{"json":{"length":1},"meta":{"values":[["typed-array","Uint8Array"]],"v":1}}',
        '{"json":[256],"meta":{"values":[["typed-array","Uint8Array"]],"v":1}}',
        '{"json":999999999,"meta":{"values":[["typed-array","Uint8Array"]],"v":1}}',
        '{"json":1,"meta":{"values":[["class","Evil"]],"v":1}}',
        '{"json":1,"meta":{"values":[["symbol","x"]],"v":1}}',
        '{"json":1,"meta":{"values":[["custom","unknown"]],"v":1}}',
        '{"json":1,"meta":{"values":[[[],{}]],"v":1}}',
        '{"json":1,"meta":{"values":[{}],"v":1}}',
        '{"json":[-1],"meta":{"values":[["custom","codepoints"]],"v":1}}',
        '{"json":[1e300,0,0],"meta":{"values":[["custom","timedelta"]],"v":1}}',
        '{"json":"2026-01-01T00:00:00[../etc/x]","meta":{"values":[["custom","datetime"]],"v":1}}',
        '{"json":"2026-01-01T00:00:00[No/Where]","meta":{"values":[["custom","datetime"]],"v":1}}',
        '{"json":[1],"meta":{"values":{"1":["Date"]},"v":1}}',
        '{"json":[1],"meta":{"values":{"-1":["Date"]},"v":1}}',
        '{"json":[1],"meta":{"values":{"00":["Date"]},"v":1}}',
        '{"json":"x","meta":{"values":{"0":["Date"]},"v":1}}',
        '{"json":{"a":1},"meta":{"values":{"a\\\\":["undefined"]},"v":1}}',
        '{"json":{},"meta":{"values":{"a' + ".a" * 5_000 + '":["Date"]},"v":1}}',
        '{"json":{"a":1},"meta":{"referentialEqualities":{"a":["b"]},"v":1}}',
        '{"json":{"a":1},"meta":{"referentialEqualities":{"b":["a"]},"v":1}}',
        '{"json":{"a":1},"meta":{"referentialEqualities":{"a":"a"},"v":1}}',
        '{"json":{"a":1},"meta":{"referentialEqualities":[["a"]],"v":1}}',
        '{"json":{"a":{"b":1}},"meta":{"referentialEqualities":{"a.b":["a"]},"v":1}}',
    ],
    ids=lambda text: text[:60],
)
def test_a_text_that_is_no_stored_form_is_refused(text: str) -> None:
    with pytest.raises(SerializableError, match=r"^the stored value ") as caught:
        decode(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_references_cannot_make_a_small_text_explode() -> None:
    rows = {f"k{n}": [None, None] for n in range(60)} | {"k0": ["x" * 100, "y"]}
    same_as = {f"k{n}": [f"k{n + 1}.0", f"k{n + 1}.1"] for n in range(59)}
    text = json.dumps({"json": rows, "meta": {"referentialEqualities": same_as, "v": 1}})
    with pytest.raises(SerializableError, match=r"too often|too deeply"):
        decode(text)


pieces = st.sampled_from(
    [
        *'{}[]",:.\\0123',
        "json",
        "meta",
        "values",
        "Date",
        "set",
        "map",
        "custom",
        "tuple",
        "null",
        "v",
    ]
)


@given(st.lists(pieces).map("".join) | st.text())
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    for candidate in (
        text,
        f'{{"json":{text}}}',
        f'{{"json":[["a",1]],"meta":{{"values":{text}}}}}',
    ):
        try:
            decode(candidate)
        except SerializableError as refused:
            assert "\n" not in str(refused)


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
tags = st.sampled_from(
    ["Date", "set", "map", "bigint", "number", "Error", ["custom", "tuple"], ["custom", "datetime"]]
)
trees = st.recursive(
    tags.map(lambda tag: [tag]),
    lambda inner: (
        st.dictionaries(st.sampled_from(["0", "1", "a", "0.1", "a.b", ""]), inner, max_size=3)
        | st.tuples(
            tags, st.dictionaries(st.sampled_from(["0", "1", "0.0"]), inner, max_size=2)
        ).map(list)
    ),
    max_leaves=6,
)


@given(json_values, trees)
def test_no_tags_make_reading_fail_otherwise(value: Any, tree: Any) -> None:
    text = json.dumps({"json": value, "meta": {"values": tree, "v": 1}})
    try:
        decode(text)
    except SerializableError:
        return
