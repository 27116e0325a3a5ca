"""The built-in workflows: honest work on real files, and examples of how a workflow is written."""

from __future__ import annotations

from pathlib import Path

from flopod_backends import resolve_data_dir


def home() -> Path:
    """Return the data directory, made if need be: the built-in workflows write nowhere else."""
    folder = resolve_data_dir().absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
