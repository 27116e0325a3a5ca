"""Between stored plain values and an author's own types, where the receiving end names the type.

msgspec knows dataclasses, enums, TypedDicts and Structs; pydantic models are asked through their
own methods, and pydantic is never imported here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, EnumType
from functools import partial
from typing import Any

import msgspec

from flopod.errors import InvalidPayloadError, SerializableError, brief
from flopod.refusal import (
    MAX_DEPTH,
    Refused,
    at_key,
    cyclic,
    fields_of,
    is_model,
    is_named_tuple,
    too_deep,
    unstorable,
)
from flopod.tags import WRITERS

_PLACE = re.compile(r" - at `([^`]*)`")
_LONGEST_REASON = 300
_UNUSABLE = (TypeError, NameError, RuntimeError, ValueError)
"""What msgspec and pydantic raise for a type that they have no schema for."""


def convert(value: object, type: Any, where: str) -> Any:
    """Return the plain `value` as `type`; what is of the type already passes.

    Raises:
        InvalidPayloadError: it does not fit; the message names the place inside.
    """
    try:
        if isinstance(type, EnumType):
            return type(value)
        return _converted(value, type)
    except ValueError as error:
        raise InvalidPayloadError(where, _sentence(str(error))) from None
    except (TypeError, NameError) as error:
        name = getattr(type, "__name__", type)
        reason = f"the type {name} cannot be used: {_sentence(str(error))}"
        raise InvalidPayloadError(where, reason) from error


def reduce(value: object, type: Any = None, where: str = "value") -> object:
    """Return `value` with its instances turned into plain values, for `convert` to turn back.

    Without a type nobody could turn them back: then the value is returned as it is, and the
    codec refuses what it cannot store.

    Raises:
        SerializableError: a part of it cannot be stored.
    """
    if type is None:
        return value
    try:
        return _Reduction().reduce(value)
    except Refused as refused:
        raise refused.told(where) from None
    except RecursionError:
        raise SerializableError(where, "is nested too deeply to be stored from here") from None


def schema_of(type: Any) -> dict[str, Any] | None:
    """Return the JSON Schema of a type, None if it has none. Its `$ref`s point into itself."""
    shared: dict[str, Any] = {}

    def of_model(model: Any) -> dict[str, Any]:
        if not hasattr(model, "model_json_schema"):
            raise NotImplementedError
        return _model_schema(model, shared)

    try:
        schema = None if type is None else msgspec.json.schema(type, schema_hook=of_model)
    except _UNUSABLE:
        return None
    if schema is not None and shared:
        schema["$defs"] = schema.get("$defs", {}) | shared
    return schema


def check(value: Any, schema: Any, where: str) -> None:
    """Check a JSON value against a JSON Schema. A schema elsewhere is never fetched.

    Raises:
        InvalidPayloadError: it does not fit, or the schema itself is no use.
    """
    # Imported late: it takes longer than everything else here, and few runs need it.
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import EMPTY_REGISTRY

    validator = validator_for(schema, default=Draft202012Validator)
    try:
        validator.check_schema(schema)
        error = best_match(validator(schema, registry=EMPTY_REGISTRY).iter_errors(value))
    except SchemaError as bad:
        raise InvalidPayloadError(where, f"the schema is wrong: {_cut(bad.message)}") from None
    except Unresolvable as bad:
        raise InvalidPayloadError(
            where, f"the schema refers to {brief(bad.ref)}, which is not in it"
        ) from None
    except RecursionError:
        raise InvalidPayloadError(where, "the value or the schema is nested too deeply") from None
    if error is not None:
        raise InvalidPayloadError(where, f"{_cut(error.message)} at {error.json_path}")


def _converted(value: object, type: Any) -> Any:
    try:
        return msgspec.convert(value, type, dec_hook=_from_plain)
    except msgspec.ValidationError as error:
        try:  # JSON has no other keys than strings, a dict[int, …] may still be meant.
            return msgspec.convert(value, type, dec_hook=_from_plain, str_keys=True)
        except msgspec.ValidationError:
            raise error from None


def _from_plain(type: Any, value: Any) -> Any:
    """Let a pydantic model read its value; of anything else msgspec checks the class."""
    if not hasattr(type, "model_validate"):
        return value
    try:
        return type.model_validate(value)
    except ValueError as error:
        errors: list[Any] = getattr(error, "errors", list)()
        if not errors:
            raise
        place = "".join(
            f"[{key}]" if isinstance(key, int) else f".{key}" for key in errors[0]["loc"]
        )
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ValueError(f"{errors[0]['msg']}{more} - at `{place}`") from None


def _sentence(message: str) -> str:
    """Return a message of msgspec as one line with one place: `Expected int, got str at $.by`."""
    place = "".join(reversed(_PLACE.findall(message)))
    what = " ".join(_PLACE.sub("", message).replace("`", "").split())
    return f"{_cut(what)} at {place if place.startswith('$') else f'${place}'}"


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST_REASON else f"{message[:_LONGEST_REASON]}…"


def _model_schema(model: Any, shared: dict[str, Any]) -> dict[str, Any]:
    """Return a pydantic model's schema; what it shares within goes to `shared` for the root."""
    prefix = f"{model.__name__}."
    schema: dict[str, Any] = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    shared |= {f"{prefix}{name}": part for name, part in schema.pop("$defs", {}).items()}
    return schema


_OPEN = object()


@dataclass(slots=True)
class _Reduction:
    """One walk over a value; a part that is shared is walked once."""

    done: dict[int, tuple[object, object]] = field(default_factory=dict)
    """By id: the part, kept alive so that its id stays its own, and what became of it."""

    def reduce(self, value: Any, depth: int = 1) -> Any:
        """Return the plain form of a part."""
        if type(value) in WRITERS:
            return value
        if id(value) in self.done:
            return _closed(self.done[id(value)][1])
        if depth > MAX_DEPTH:
            raise too_deep()
        self.done[id(value)] = value, _OPEN
        try:
            plain = self._plain(value, depth)
        except Refused:
            del self.done[id(value)]
            raise
        self.done[id(value)] = value, plain
        return plain

    def _plain(self, value: object, depth: int) -> object:
        apart = _Apart.of(value)
        items = []
        for name, item in apart.parts:
            try:
                items.append(self.reduce(item, depth + 1))
            except Refused as refused:
                if (plain := _json_of(value)) is None:
                    raise refused.inside(*apart.place(name)) from None
                return plain
        return apart.build(items)


def _closed(reduced: object) -> object:
    if reduced is _OPEN:
        raise cyclic()
    return reduced


@dataclass(frozen=True, slots=True)
class _Apart:
    """A container or instance taken apart, and how to put its plain form together."""

    parts: Sequence[tuple[Any, object]]
    """Each with its name for an error: a key, an index, the name of a field."""
    build: Callable[[list[Any]], object]
    place: Callable[[Any], tuple[str, str]] = lambda name: (f".{name}", "")
    """What stands after and before the place of the whole."""

    @staticmethod
    def of(value: Any) -> _Apart:
        kind = type(value)
        if kind is dict:
            return _dict_apart(value)
        if kind in (list, tuple) or is_named_tuple(value):
            return _Apart([*enumerate(value)], list if kind is list else tuple, _at_index)
        if kind in (set, frozenset):
            return _set_apart(value)
        if isinstance(value, Enum):
            return _Apart([("value", value.value)], lambda items: items[0])
        if isinstance(value, msgspec.Struct):
            return _struct_apart(value)
        if is_model(value):
            fields = value.model_dump(by_alias=True, round_trip=True)
        elif (fields := fields_of(value)) is None:
            raise unstorable(value)
        return _Apart([*fields.items()], partial(_dict, [*fields]))


def _dict(names: Sequence[object], items: Sequence[object]) -> dict[Any, object]:
    return dict(zip(names, items, strict=True))


def _at_index(index: int) -> tuple[str, str]:
    return f"[{index}]", ""


def _dict_apart(value: dict[Any, object]) -> _Apart:
    keys = [key.value if isinstance(key, Enum) else key for key in value]
    for key in keys:
        if fields_of(key) is not None:
            raise unstorable(key).inside("", "a key of ")
    return _Apart([*value.items()], partial(_dict, keys), lambda key: (at_key(key), ""))


def _set_apart(value: set[Any] | frozenset[Any]) -> _Apart:
    members = [*value]

    def build(items: list[Any]) -> object:
        # A member that became a dict fits no set; `convert` makes one of the list.
        same = all(new is old for new, old in zip(items, members, strict=True))
        return value if same else items

    return _Apart([*enumerate(members)], build, lambda index: ("", "a member of "))


def _struct_apart(value: msgspec.Struct) -> _Apart:
    config = value.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    fields = msgspec.structs.fields(value)
    names = [each.encode_name for each in fields]

    def build(items: list[Any]) -> object:
        plain = tag | _dict(names, items)
        return list(plain.values()) if config.array_like else plain

    return _Apart([(each.name, getattr(value, each.name)) for each in fields], build)


def _json_of(value: Any) -> object | None:
    """Return pydantic's own JSON of a model, if that loses nothing: stars for a secret do."""
    if not is_model(value):
        return None
    plain: object = value.model_dump(mode="json", by_alias=True, round_trip=True)
    try:
        return plain if type(value).model_validate(plain) == value else None
    except ValueError:
        return None
