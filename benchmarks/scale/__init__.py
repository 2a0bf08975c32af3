"""Scale: does memory stay flat however many sessions there are."""
