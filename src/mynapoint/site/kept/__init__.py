"""Informational pages, kept ready as bytes: the same for everybody until the minute or a text changes."""
