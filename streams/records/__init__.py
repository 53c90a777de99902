"""The wire records: the typed, versioned values and headers on the topics."""
