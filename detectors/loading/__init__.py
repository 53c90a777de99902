"""A folder of YAML files as one checked rule set: sources, lists, defaults, overrides, rules, and the JSON Schema."""
