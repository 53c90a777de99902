"""Counts over a window of facts: articles, values, stories, sequences."""
