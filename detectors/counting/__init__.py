"""What a window of facts holds: articles, values, stories, sequences."""
