"""YAML with places: nodes, parser, typed readers, problems, durations; for every file that people write."""
