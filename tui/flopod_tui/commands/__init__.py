"""The commands, grouped by what they do: each adds its own arguments and is one small function."""
