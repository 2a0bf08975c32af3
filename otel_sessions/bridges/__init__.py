"""Bridges: applications in which another GenAI instrumentation is at work already.

`instrumentors` knows which are, `span_processor` takes their spans for ours, and `genai_hook` reads
calls of clients that only the official packages know. Adding one: a file, wired in `monitors.py`.
"""
