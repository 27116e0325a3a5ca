"""JSON that a person types: read strictly, and told in plain words where it goes wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flopod_tui.text.format import resolved

SENTENCES = (
    ("Expecting value", "a value is missing here"),
    ("Unterminated string", "the string that starts here is not closed"),
    ("Expecting property name", 'a key in double quotes is expected, as {"key": 1}'),
    ("Illegal trailing comma", "the last comma is one too many"),
    ("Expecting ':'", "a colon is missing between key and value"),
    ("Expecting ','", "a comma or the closing bracket is missing"),
    ("Extra data", "the value has ended before this"),
    ("Invalid control character", "the string is not closed on its line"),
    ("Invalid \\", "this backslash means nothing in JSON"),
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds, or why it holds nothing."""

    value: Any = None
    problem: str = ""
    line: int = 0
    column: int = 0
    """Where the problem is, counted from 1; 0 where no place can be named."""

    @property
    def told(self) -> str:
        """The problem as a sentence."""
        return (
            f"line {self.line}, column {self.column}: {self.problem}" if self.line else self.problem
        )


def parse(text: str) -> Parsed:
    """Return the value of a JSON text; nothing at all means null."""
    if not text.strip():
        return Parsed(None)
    try:
        return Parsed(json.loads(text))
    except json.JSONDecodeError as error:
        return Parsed(problem=_sentence(error.msg), line=error.lineno, column=error.colno)
    except RecursionError:
        return Parsed(problem="nested too deeply")
    except ValueError:
        return Parsed(problem="a number has too many digits")


def _sentence(message: str) -> str:
    return next((told for start, told in SENTENCES if message.startswith(start)), message)


def skeleton(schema: dict[str, Any] | None) -> str:
    """Return JSON text of the form that a schema asks for, to be filled in; empty for any."""
    if not schema:
        return ""
    return json.dumps(_blank(schema, schema, 0), indent=2, ensure_ascii=False)


def _blank(schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    schema = resolved(schema, root)
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options and depth < 6:
        return _blank(options[0], root, depth + 1)
    if "properties" in schema and depth < 6:
        wanted = schema.get("required") or list(schema["properties"])
        properties = schema["properties"]
        return {
            key: _blank(properties[key], root, depth + 1) for key in wanted if key in properties
        }
    blanks = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}
    return blanks.get(str(schema.get("type")))
