"""HTML pages of articles with the findings highlighted."""
