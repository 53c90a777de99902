"""Log lines, as text or JSON, and the escaping of what a terminal would obey."""
