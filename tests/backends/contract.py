"""What every store promises, executable: a store is finished when it passes these classes.

A subclass provides the fixture `backend` (and `reopen` for the stores that outlive their process)
and overrides no test.
"""

from __future__ import annotations

import pytest
from contract_changes import ChangesContract, ChangesOfOthersContract
from contract_claims import ClaimsContract
from contract_durable import DurabilityContract
from contract_leases import LeasesContract, LeasesOfOthersContract
from contract_limits import LimitsContract, LimitsOfOthersContract
from contract_lists import ListsContract
from contract_log import LogContract
from stories import Clock

from flopod.backend import Backend


class BackendContract(
    LogContract, ListsContract, ClaimsContract, LimitsContract, LeasesContract, ChangesContract
):
    """What holds for every store."""

    @pytest.fixture
    def clock(self) -> Clock:
        """Return the clock that the store goes by."""
        return Clock()

    @pytest.fixture
    def backend(self, clock: Clock) -> Backend:
        """Return an empty store that goes by this clock, and close it in the end."""
        raise NotImplementedError("a contract's subclass provides its own store")


class DurableBackendContract(
    BackendContract,
    DurabilityContract,
    ChangesOfOthersContract,
    LeasesOfOthersContract,
    LimitsOfOthersContract,
):
    """What holds where something outlives the process; adds the fixture `reopen`."""
