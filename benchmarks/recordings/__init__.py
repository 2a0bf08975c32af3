"""Recordings: real traffic replayed into the real clients, with and without us."""
