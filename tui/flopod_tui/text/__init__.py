"""Texts and spans that are safe to show, whatever they say."""
