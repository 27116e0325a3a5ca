"""A line to the server that is cut, or stands still, before, during and after a commit (R40)."""

from __future__ import annotations

import pytest

from faults.postgres_cuts import impatient
from faults.trial import check


@pytest.mark.parametrize("seed", range(30))
async def test_a_commit_whose_line_is_cut_is_made_once_and_told(
    postgres_server: str, seed: int
) -> None:
    check(await impatient(postgres_server, seed))
