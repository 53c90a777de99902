"""Rule evaluation: from an article to observations, from observations to alerts and changelog records."""
