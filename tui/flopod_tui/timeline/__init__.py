"""When each path of a run was at work, as bars on an axis of time."""
