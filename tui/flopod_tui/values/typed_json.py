"""JSON in an editor: read as strictly as a shell's, written so that no stored byte does harm.

What a terminal would act upon is written as JSON's own escape: the value stays what it was.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any, NoReturn

from flopod.errors import brief
from flopod_tui.text.format import safe
from flopod_tui.text.json_text import Parsed, parse
from flopod_tui.values.masking import Masking

STEP = "  "


def read(text: str) -> Parsed:
    """Return the value of a JSON text: no key twice, no NaN. Nothing at all means null."""
    parsed = parse(text)
    if parsed.problem or not text.strip():
        return _last_comma(text, parsed) or parsed
    try:
        text.encode()
        json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeEncodeError:
        return Parsed(problem="half a character (a lone surrogate) cannot be stored")
    except ValueError as error:
        return Parsed(problem=str(error))
    return parsed


def _last_comma(text: str, parsed: Parsed) -> Parsed | None:
    """Return the problem as that of a comma before a closing bracket, where it is one."""
    lines = text.split("\n")[: parsed.line]
    before = "\n".join([*lines[:-1], lines[-1][: parsed.column - 1]]) if lines else ""
    head = before.rstrip()
    if not head.endswith(",") or text[len(before) : len(before) + 1] not in ("}", "]"):
        return None
    line = head.count("\n") + 1
    column = len(head) - (head.rfind("\n") + 1)
    return Parsed(problem="the last comma is one too many", line=line, column=column)


def pretty(value: Any) -> str:
    """Return JSON over several lines, harmless to show."""
    return harmless(json.dumps(value, indent=2, ensure_ascii=False))


def harmless(text: str) -> str:
    """Return JSON text with what a terminal would act upon as escapes, and tabs as spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", STEP).split("\n")
    return "\n".join(line if safe(line) == line else "".join(map(_written, line)) for line in lines)


def indent_after(line: str) -> str:
    """Return what a line begins with that follows this one."""
    indent = line[: len(line) - len(line.lstrip(" "))]
    return f"{indent}{STEP}" if line.rstrip().endswith(("{", "[")) else indent


def without_secrets(value: Any, masking: Masking) -> Any:
    """Return a JSON value without what stands under a secret name, revealed or not."""
    return _kept(value, Masking(masking.patterns))


def _kept(value: Any, masking: Masking) -> Any:
    if isinstance(value, dict):
        return {
            key: _kept(inner, masking) for key, inner in value.items() if not masking.hides(key)
        }
    return [_kept(inner, masking) for inner in value] if isinstance(value, list) else value


def _written(char: str) -> str:
    # A mark is harmless alone, and not in a crowd.
    if safe(char) == char and not unicodedata.category(char).startswith("M"):
        return char
    return json.dumps(char)[1:-1] if ord(char) > 0x7F else f"\\u{ord(char):04x}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(f"the key {brief(key)} stands there twice")
        made[key] = value
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON; use null or a string")
