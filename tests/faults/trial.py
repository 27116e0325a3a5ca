"""What one trial of a fault test found: the same for a short run in the suite and a long soak."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """Counts of one trial, or of several together."""

    trials: int = 1
    acknowledged: int = 0
    """What a caller was told is durable."""
    lost: int = 0
    """Of those, what was not there afterwards."""
    repeated: int = 0
    """Steps that ran again although their end was acknowledged."""

    def __add__(self, other: Trial) -> Trial:
        return Trial(
            self.trials + other.trials,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.repeated + other.repeated,
        )


def check(trial: Trial) -> None:
    """Fail unless nothing was lost and nothing repeated."""
    assert (trial.lost, trial.repeated) == (0, 0), trial
