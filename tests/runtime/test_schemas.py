"""JSON Schemas: of an author's types, and what a payload is checked against."""

from __future__ import annotations

import socket
from typing import Any, Literal

import jsonschema
import pydantic
import pytest

from flopod.codec import decode, encode
from flopod.errors import InvalidPayloadError
from flopod.shapes import check, schema_of
from runtime.author_types import (
    Colour,
    Line,
    Mixed,
    Order,
    Patch,
    Point,
    Renamed,
    Row,
    Site,
)


@pytest.mark.parametrize(
    "type",
    [Order, list[Order], Patch, Site, list[Line], dict[str, Site], Colour, Point, int, Renamed, Row,
     Order | None, Literal["x"], Any],
)  # fmt: skip
def test_the_schema_of_a_type_is_complete_in_itself(type: Any) -> None:
    schema = schema_of(type)
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    assert decode(encode(schema)) == schema
    for ref in _refs(schema):
        assert ref.removeprefix("#/$defs/") in schema["$defs"]


def _refs(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [ref for part in schema for ref in _refs(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    return own + [ref for part in schema.values() for ref in _refs(part)]


class Sock(pydantic.BaseModel, arbitrary_types_allowed=True):
    sock: socket.socket


@pytest.mark.parametrize("type", [None, object, socket.socket, Mixed, "Nowhere", Sock, list[Sock]])
def test_a_type_without_a_schema_has_none(type: Any) -> None:
    assert schema_of(type) is None


def test_a_payload_is_checked_against_the_schema_of_a_type() -> None:
    schema = schema_of(list[Line])
    check([{"sku": "s", "qty": 1}], schema, "payload")
    with pytest.raises(InvalidPayloadError, match=r"^payload: 'sku' is a required .* at \$\[1\]$"):
        check([{"sku": "s"}, {}], schema, "payload")


BY = {"type": "object", "properties": {"by": {"type": "string"}}, "required": ["by"]}


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        ({"by": 5}, BY, "payload: 5 is not of type 'string' at $.by"),
        ({}, BY, "payload: 'by' is a required property at $"),
        (1, False, "payload: False schema does not allow 1 at $"),
        ("x" * 10_000, {"type": "null"}, "payload: 'xxx"),
        (1, {"type": 5}, "payload: the schema is wrong: 5 is not"),
        (1, {"pattern": "("}, "payload: the schema is wrong: '(' is not a 'regex'"),
        (1, {"$ref": "https://example.com/x"}, "payload: the schema refers to 'https://example"),
        (1, {"$ref": "#/$defs/x"}, "payload: the schema refers to '/$defs/x', which is not in it"),
        (1, {"$ref": "#"}, "payload: the value or the schema is nested too deeply"),
    ],
)
def test_what_a_schema_does_not_allow_is_refused(value: Any, schema: Any, message: str) -> None:
    with pytest.raises(InvalidPayloadError) as caught:
        check(value, schema, "payload")
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "schema", [{}, True, BY, {"$schema": "http://json-schema.org/draft-07/schema#"}]
)
def test_what_a_schema_allows_passes(schema: Any) -> None:
    check({"by": "ann", "more": 1}, schema, "payload")
