"""Overhead: what observing a call costs, beside peers, in one run."""
