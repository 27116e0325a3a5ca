"""What the forms ask, check and say."""
