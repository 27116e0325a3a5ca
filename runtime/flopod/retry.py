"""A retry policy: a small frozen value that answers one question, how long to wait now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flopod import durations
from flopod.durations import Duration
from flopod.errors import InvalidRetryError

MOST_ATTEMPTS = 1_000_000
_MOST_DOUBLINGS = 64


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how patiently, an activity is tried again.

    Raises:
        InvalidRetryError: a field makes no sense.
        InvalidDurationError: `delay` or `max_delay` is not a duration.
    """

    max_attempts: int
    """Total calls, the first one included."""
    backoff: Literal["fixed", "exponential"] = "fixed"
    """`exponential` doubles the delay with every failure."""
    delay: Duration = "1s"
    max_delay: Duration | None = None
    """No pause is longer, whatever the backoff and the jitter make of it."""
    jitter: float = 0.0
    """The share of the delay, 0 to 1, by which chance makes a pause shorter or longer."""

    def __post_init__(self) -> None:
        _check_attempts(self.max_attempts)
        if self.backoff not in ("fixed", "exponential"):
            raise InvalidRetryError("backoff", self.backoff, "'fixed' or 'exponential'")
        _check_jitter(self.jitter)
        # Kept as timedelta: policies that mean the same are equal.
        object.__setattr__(self, "delay", durations.parse(self.delay))
        if self.max_delay is not None:
            object.__setattr__(self, "max_delay", durations.parse(self.max_delay))

    def pause(self, failed: int, chance: float = 0.5) -> timedelta | None:
        """Return how long to wait after `failed` failures, or None to give up.

        Args:
            chance: a random number from 0 to 1, handed in; the policy itself never rolls dice.
        """
        if failed >= self.max_attempts:
            return None
        longest = durations.LONGEST if self.max_delay is None else durations.parse(self.max_delay)
        seconds = durations.parse(self.delay).total_seconds()
        if self.backoff == "exponential":
            seconds *= 2.0 ** min(max(failed - 1, 0), _MOST_DOUBLINGS)
        seconds = min(seconds, longest.total_seconds()) * (1 + self.jitter * (2 * chance - 1))
        return timedelta(seconds=min(seconds, longest.total_seconds()))


def _check_attempts(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_ATTEMPTS:
        raise InvalidRetryError("max_attempts", value, f"a whole number from 1 to {MOST_ATTEMPTS}")


def _check_jitter(value: object) -> None:
    # NaN is not between any two numbers.
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise InvalidRetryError("jitter", value, "a number from 0 to 1")
