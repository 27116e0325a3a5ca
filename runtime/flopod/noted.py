"""Going on after the store failed: said in the program's log, tried again at the next round."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from flopod.errors import FlopodError

logger = logging.getLogger(__name__)


class noted(suppress):
    """Go on after an error of the store's, and say so."""

    def __init__(self, what: str) -> None:
        super().__init__(FlopodError)
        self._what = what

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        handled = super().__exit__(kind, error, traceback)
        if error is not None and handled:
            logger.warning("%s: %s", self._what, error)
        return handled
