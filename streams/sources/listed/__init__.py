"""A file of sources (sources.yaml, OPML), and what one of them has to offer now."""
