"""Sources of articles, one module each; each yields the records for the topic ``articles``."""
