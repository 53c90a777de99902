"""Brokers for development and tests."""
