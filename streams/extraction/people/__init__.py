"""Officials, one entry per person: registry, roles, classes."""
