"""What is the same on every screen: keys, palette, messages, reasons."""
