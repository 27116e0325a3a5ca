"""The terminal itself: driver, canvas, clipboard, themes, pace."""
