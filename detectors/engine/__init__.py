"""A rule set at work: article to observations, observations to alerts and changelog records."""
