"""HTML pages of articles with highlighted findings."""
