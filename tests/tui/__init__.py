"""Tests of the app. The environment is cleared here, before anything imports Textual."""

from __future__ import annotations

import os

for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TEXTUAL", "TEXTUAL_THEME"):
    os.environ.pop(name, None)
os.environ.update(TEXTUAL_ANIMATIONS="none", COLORTERM="truecolor", TERM="xterm-256color")
