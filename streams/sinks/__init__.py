"""Sinks for alerts, one module each."""
