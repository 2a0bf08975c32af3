"""Benchmarks: every figure that the docs claim, with the command that makes it."""
