"""Scores against annotated (gold) articles, and the baseline."""
