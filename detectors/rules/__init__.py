"""What a rule is: its keys, its kind, groups, schedule, templates, and the identity its state hangs on."""
