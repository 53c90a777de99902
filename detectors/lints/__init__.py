"""Lints: what is valid but probably a mistake, one module per theme. A lint registers itself (:mod:`.registry`)."""
