"""Times as whole milliseconds since 1970: how the stores keep and compare them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """Return `at` in milliseconds, cut."""
    return (at - _EPOCH) // _MILLISECOND


def milliseconds_up(at: datetime) -> int:
    """Return `at` in milliseconds, rounded up: what is due then is never taken too early."""
    return -((_EPOCH - at) // _MILLISECOND)


def moment(milliseconds: int) -> datetime:
    """Return the time, in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND
