"""The wire records: what travels on the topics, typed and versioned."""
