"""Metrics and health of a worker, and a client that reads both."""
