"""What a filter can be completed with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known of the runs that are there."""

    workflows: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
