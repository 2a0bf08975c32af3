"""How well the signals do on labelled sessions; see `__main__`."""
