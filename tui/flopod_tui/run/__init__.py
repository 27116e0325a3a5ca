"""One run as its screen shows it: live, and at any moment of its log."""
