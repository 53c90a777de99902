"""Tools for rule writers: explain, diff, rule tests."""
