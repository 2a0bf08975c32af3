"""Text: what is kept of a text once it is let go."""
