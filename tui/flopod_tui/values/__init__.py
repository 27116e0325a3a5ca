"""Stored values as lines that fold; secrets masked."""
