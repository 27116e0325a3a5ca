"""The data directory: where a store lies that is not named.

The one place that reads FLOPOD_DATA_DIR and FLOPOD_DATA_SCOPE.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from flopod.errors import BackendError, brief


def resolve_data_dir() -> Path:
    """Return the data directory; it need not exist.

    `FLOPOD_DATA_DIR`, else the user's own when `FLOPOD_DATA_SCOPE` is `user`, else `./.flopod`.

    Raises:
        BackendError: one of these variables has a value that is not taken.
    """
    named = os.environ.get("FLOPOD_DATA_DIR")
    if named is not None:
        if not named.strip():
            raise BackendError("FLOPOD_DATA_DIR is empty; name a directory or unset it")
        return Path(named).expanduser()
    scope = os.environ.get("FLOPOD_DATA_SCOPE", "project")
    if scope not in ("project", "user"):
        raise BackendError(f"FLOPOD_DATA_SCOPE is {brief(scope)}; it is project or user")
    return platformdirs.user_data_path("flopod", False) if scope == "user" else Path(".flopod")
