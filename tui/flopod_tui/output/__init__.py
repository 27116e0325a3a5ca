"""What the commands print: tables, JSON, CSV, progress."""
