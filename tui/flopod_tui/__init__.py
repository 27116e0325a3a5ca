"""The terminal run manager and the commands. Neither executes a run; workers do."""
