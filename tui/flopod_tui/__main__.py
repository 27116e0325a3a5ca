"""`python -m flopod_tui`: the same as `flopod`, and how workers are started."""

from __future__ import annotations

import sys

from flopod_tui.cli import main

sys.exit(main())
