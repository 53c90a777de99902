"""RSS and Atom: fetching within limits, reading, and whose the articles are."""
