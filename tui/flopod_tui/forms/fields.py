"""The start form of a workflow: fields made from the JSON Schema of its input.

Pure: the screen draws these and hands back what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flopod_tui.text.format import compact, resolved, schema_line
from flopod_tui.text.json_text import parse

ABSENT: Any = object()
"""The field was left empty and may be."""


class FieldError(ValueError):
    """What was typed into a field is not what it takes."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form; `kind` says how it is typed."""

    name: str
    kind: str
    """`text`, `integer`, `number`, `boolean`, `choice`, or `json` for everything nested."""
    required: bool = True
    initial: str = ""
    choices: tuple[str, ...] = ()
    """What can be chosen, as JSON."""
    takes: str = ""
    """What the field takes, in a few words."""
    nullable: bool = False

    def read(self, text: str) -> Any:
        """Return the value that was typed, ABSENT for none.

        Raises:
            FieldError: it is not what the field takes.
        """
        if text == "" and (not self.required or self.nullable):
            return None if self.required else ABSENT
        if text == "" and self.kind in ("text", "choice"):
            raise FieldError(f"{self.name}: is needed (an empty text can be typed as JSON, F4)")
        if self.kind == "text":
            return text
        parsed = parse(text)
        if parsed.problem or not text.strip():
            raise FieldError(f"{self.name}: {self._wanted()}")
        if not self._fits(parsed.value):
            raise FieldError(f"{self.name}: {self._wanted()}")
        return parsed.value

    def _fits(self, value: Any) -> bool:
        if self.kind == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if self.kind == "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        return True

    def _wanted(self) -> str:
        words = {"integer": "a whole number", "number": "a number", "json": "JSON"}
        return f"must be {words.get(self.kind, self.takes)}"


def fields_of(schema: dict[str, Any] | None) -> list[FormField] | None:
    """Return the fields for an input, None where only JSON as a whole will do."""
    if schema is None:
        return None
    root, inner = schema, resolved(schema, schema)
    if "properties" not in inner:
        return None
    required = inner.get("required", ())
    return [
        _field(name, resolved(part, root), root, required=name in required)
        for name, part in inner["properties"].items()
    ]


def read_fields(fields: list[FormField], typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the input that the fields make up.

    Raises:
        FieldError: a field does not hold what it takes.
    """
    values = {field.name: field.read(typed.get(field.name, field.initial)) for field in fields}
    return {name: value for name, value in values.items() if value is not ABSENT}


def typed_from(fields: list[FormField], value: Any) -> dict[str, str]:
    """Return what would have to be typed for this input."""
    given = value if isinstance(value, dict) else {}
    return {field.name: _typed(field, given[field.name]) for field in fields if field.name in given}


def _typed(field: FormField, value: Any) -> str:
    if field.kind == "text" and isinstance(value, str):
        return value
    return "" if value is None and field.nullable else compact(value)


def _field(name: str, schema: dict[str, Any], root: dict[str, Any], *, required: bool) -> FormField:
    schema, nullable = _without_null(schema, root)
    kind, choices = _kind(schema)
    default = schema.get("default", ABSENT)
    field = FormField(
        name,
        kind,
        required,
        choices=choices,
        takes=schema_line({**schema, "$defs": root.get("$defs", {})}),
        nullable=nullable,
    )
    return FormField(name, kind, required, _initial(field, default), choices, field.takes, nullable)


def _initial(field: FormField, default: Any) -> str:
    if default is not ABSENT:
        return _typed(field, default)
    if field.kind == "boolean":
        return "false"
    return field.choices[0] if field.kind == "choice" and field.required else ""


def _without_null(schema: dict[str, Any], root: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what `anyOf: [X, null]` means: X, which may be left empty."""
    options = [resolved(option, root) for option in schema.get("anyOf", ())]
    others = [option for option in options if option.get("type") != "null"]
    if len(others) == 1 and len(options) == 2:
        default = {"default": schema["default"]} if "default" in schema else {}
        return {**others[0], **default}, True
    return schema, False


def _kind(schema: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    if choices := schema.get("enum"):
        return "choice", tuple(compact(choice) for choice in choices)
    kinds = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
    return kinds.get(str(schema.get("type")), "json"), ()
