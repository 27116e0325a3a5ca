"""Tiny workflows, one for every primitive and for what is hard about it."""

from __future__ import annotations

from runtime import corpus_children, corpus_steps, corpus_time_and_state
from runtime.world import CORPUS, Story, World

PARTS = (corpus_steps, corpus_time_and_state, corpus_children)
"""Where they are defined: each adds its own to the corpus."""

__all__ = ["CORPUS", "PARTS", "Story", "World"]
