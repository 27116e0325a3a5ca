"""Where the settings come from: defaults, `tui.toml`, `FLOPOD_TUI_*`, flags; the later one wins.

What is wrong in the file or the environment is told with its place and left out: a typo there never
keeps anybody from looking at their runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from flopod_tui.settings.fields import FIELDS, WrongSettingError
from flopod_tui.settings.model import Settings
from flopod_tui.settings.places import short

PREFIX = "FLOPOD_TUI_"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where they come from."""

    settings: Settings
    origins: Mapping[str, str]
    """For each field that was settled where: `FLOPOD_TUI_THEME`, `tui.toml line 3`."""
    warnings: tuple[str, ...]
    file: Path


@dataclass(slots=True)
class _Gathering:
    values: dict[str, Any]
    origins: dict[str, str]
    warnings: list[str]

    def take(self, name: str, value: Any, origin: str) -> None:
        self.values[name], self.origins[name] = value, origin


def load(file: Path, environ: Mapping[str, str], flags: Mapping[str, Any]) -> Loaded:
    """Return the settings of this session.

    Args:
        flags: the fields that the command line settles.
    """
    found = _Gathering({}, {}, [])
    _take_file(found, file)
    _take_environment(found, environ)
    for name, value in flags.items():
        found.take(name, value, "the command line")
    settings = _together(Settings(**found.values), found)
    return Loaded(settings, found.origins, tuple(found.warnings), file)


def _take_file(found: _Gathering, file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
        import tomllib  # Most have no such file.

        held = tomllib.loads(text)
    except FileNotFoundError:
        return
    except (OSError, ValueError, RecursionError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        found.warnings.append(f"{short(file)} cannot be read: {what}; the defaults are taken")
        return
    for name, value in held.items():
        line = line_of(text, name)
        if name not in FIELDS:
            found.warnings.append(f"{short(file)} line {line}: {_unknown(name, list(FIELDS))}")
            continue
        try:
            found.take(name, FIELDS[name].of(value), f"{file.name} line {line}")
        except WrongSettingError as error:
            found.warnings.append(f"{short(file)} line {line}: {name} {error}; {_kept(name)}")


def _take_environment(found: _Gathering, environ: Mapping[str, str]) -> None:
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX).lower()
        if name not in FIELDS:
            known = [f"{PREFIX}{one.upper()}" for one in FIELDS]
            found.warnings.append(_unknown(variable, known))
            continue
        try:
            found.take(name, FIELDS[name].of_text(environ[variable]), variable)
        except WrongSettingError as error:
            found.warnings.append(f"{variable} {error}; {_kept(name, found.values)}")


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    guess = f"; did you mean {near[0]}" if near else ""
    return f"there is no setting {name}{guess}; it is left out"


def _kept(name: str, values: Mapping[str, Any] | None = None) -> str:
    held = (values or {}).get(name, getattr(Settings(), name))
    return f"taken is {toml(held)}"


def _together(settings: Settings, found: _Gathering) -> Settings:
    """Return the settings with what a slow link asks for."""
    if not settings.low_bandwidth:
        return settings
    origin = f"low_bandwidth ({found.origins['low_bandwidth']})"
    if settings.theme == "auto":
        settings = replace(settings, theme="ansi")
        found.origins["theme"] = origin
    if settings.refresh < 0.25:
        settings = replace(settings, refresh=0.25)
        found.origins["refresh"] = origin
    if settings.mouse:
        settings = replace(settings, mouse=False)
        found.origins["mouse"] = origin
    return settings


def line_of(text: str, name: str) -> int:
    """Return the line where a setting begins, 1 if that can't be told."""
    quoted = re.escape(name)
    begins = re.compile(rf"\s*\[*\s*[\"']?{quoted}[\"']?\s*(?:[=.\]]|$)")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if begins.match(line)), 1)


def shown(loaded: Loaded) -> Iterator[str]:
    """Yield the settings as TOML that could be pasted into the file, with where each is from."""
    there = "" if loaded.file.exists() else " (there is none)"
    yield f"# settings file: {short(loaded.file)}{there}"
    values = {field.name: getattr(loaded.settings, field.name) for field in fields(Settings)}
    for name, value in values.items():
        if not isinstance(value, dict):
            yield f"{f'{name} = {toml(value)}':<32} # {_origin(loaded, name)}"
    for name, value in values.items():
        if isinstance(value, dict):
            yield from ("", f"[{name}]  # {_origin(loaded, name)}")
            yield from (f"{_key(key)} = {toml(one)}" for key, one in value.items())


def _origin(loaded: Loaded, name: str) -> str:
    return loaded.origins.get(name, DEFAULT)


def toml(value: Any) -> str:
    """Return a value of the settings as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case tuple():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            inner = ", ".join(f"{_key(key)} = {toml(one)}" for key, one in value.items())
            return f"{{{inner}}}"
        case _:
            return str(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    if text.isprintable() and "'" not in text and ("\\" in text or '"' in text):
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
