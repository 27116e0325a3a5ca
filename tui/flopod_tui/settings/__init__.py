"""What a person settled, and what the app remembers from one session to the next."""
