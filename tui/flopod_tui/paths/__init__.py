"""The path tree of a run as lines that fold."""
