"""The collector: polls sources for ever, sends what is new, and keeps its position in Kafka."""
