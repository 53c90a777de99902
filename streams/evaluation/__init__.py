"""Scores against gold articles, and the baseline."""
