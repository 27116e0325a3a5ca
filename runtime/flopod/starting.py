"""The input of a run that is about to be started, checked as well as it can be from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flopod import shapes
from flopod.backend import Backend, RunQuery
from flopod.errors import UnknownWorkflowError
from flopod.records import json_part
from flopod.registry import Workflow
from flopod.stored import Encoded, encoded


async def stored_input(
    backend: Backend, known: Mapping[str, Workflow[..., Any]], name: str, input: object
) -> Encoded:
    """Return the input of a workflow as the log will hold it.

    Args:
        known: the workflows whose code is here.

    Raises:
        UnknownWorkflowError: neither this program nor a live worker nor a run knows it.
        InvalidPayloadError, SerializableError: the input is not what it takes.
    """
    if name in known:
        return known[name].store_input(input)
    workers = await backend.workers()
    announced = {info.name: info for worker in workers for info in worker.workflows}
    if name not in announced and not await backend.list_runs(RunQuery(workflow=name, limit=1)):
        raise UnknownWorkflowError(name, announced.keys() | known.keys())
    stored = encoded(input, f"input of workflow {name!r}")
    info = announced.get(name)
    if info is not None and info.schema is not None:
        shapes.check(json_part(stored), info.schema, f"input of workflow {name!r}")
    return stored
