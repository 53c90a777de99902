"""YAML with positions, for every file that people write: nodes, parser, typed readers, problems, durations."""
