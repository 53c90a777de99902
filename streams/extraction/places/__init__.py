"""Which states a text refers to."""
