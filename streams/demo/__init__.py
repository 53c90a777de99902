"""The demo: an embedded broker, a worker and sample articles."""
