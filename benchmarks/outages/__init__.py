"""Outages: what do calls of the application feel of a store that fails."""
