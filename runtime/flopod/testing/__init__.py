"""For tests of your own workflows: a store, a worker, and a clock that skips what it can.

Nothing of it is loaded before its first use: pytest imports this package for its plugin in every
project where flopod is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopod.testing.clock import SkippingClock as SkippingClock
    from flopod.testing.environment import WorkflowEnvironment as WorkflowEnvironment
    from flopod.testing.failures import DivergenceError as DivergenceError
    from flopod.testing.failures import StalledError as StalledError
    from flopod.testing.handle import RunHandle as RunHandle
    from flopod.testing.replaying import replay as replay

_ROOMS = {
    "DivergenceError": "failures",
    "RunHandle": "handle",
    "SkippingClock": "clock",
    "StalledError": "failures",
    "WorkflowEnvironment": "environment",
    "replay": "replaying",
}

__all__ = [
    "DivergenceError",
    "RunHandle",
    "SkippingClock",
    "StalledError",
    "WorkflowEnvironment",
    "replay",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
