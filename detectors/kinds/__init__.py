"""The kinds of rules, one module each. A module registers itself by :func:`detectors.rules.kind.kind`."""
