"""The states that a text refers to."""
