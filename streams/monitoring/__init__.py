"""Metrics, health, and reading both from outside."""
