"""From YAML text to typed rules: nodes with their place, readers that report all problems, lists, macros, overrides."""
