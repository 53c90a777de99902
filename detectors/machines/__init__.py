"""How facts become changes of alerts: events, ticks, and the bases of kinds."""
