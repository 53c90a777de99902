"""kafka-python: clients, topics, access lists, transactions, and what a refusal means."""
