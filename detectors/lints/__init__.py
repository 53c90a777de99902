"""What ``newswatch rules check`` warns of, one module a theme. A lint registers itself: see :mod:`detectors.lint`."""
