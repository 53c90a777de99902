"""One entry a person: registry, roles, classes."""
