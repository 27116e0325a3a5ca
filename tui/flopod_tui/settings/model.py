"""What people may settle once and for all: one frozen value, from flags, environment, file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SECRETS = ("token", "secret", "password", "passwd", "api[-_]?key", "authorization")
"""Parts of names whose values are masked."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the app looks and behaves; every field has a default that is right for most."""

    theme: str = "auto"
    ascii: bool = False
    mouse: bool = True
    refresh: float = 0.1
    """Seconds in which changes are gathered into one repaint."""
    low_bandwidth: bool = False
    columns: tuple[str, ...] = ()
    """Columns of the run list, in order; empty: those that fit."""
    default_filter: str = ""
    saved_filters: Mapping[str, str] = field(default_factory=dict)
    """Filters by name, typed as `@name`."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys by the name of an action."""
    mask: tuple[str, ...] = SECRETS
    clipboard: str = "auto"
    """`auto`, `osc52`, `tmux` or `file`."""
    history: bool = True
    """Remember what was delivered and started, for the next form."""
    collapse: tuple[str, ...] = ()
    """Patterns of paths that start folded."""
    exit_on_lost: bool = False
