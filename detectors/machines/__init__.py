"""How facts become alert changes: events, ticks, and the bases of kinds."""
