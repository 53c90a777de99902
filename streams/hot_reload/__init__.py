"""The rules folder, and the active rule set."""
