"""What a rule is: its keys, kind, groups, schedule and templates, and the identity of its state."""
