"""Where rules are, and the set in force."""
